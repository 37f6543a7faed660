"""A feed from a run's file alone, which may still grow."""

from __future__ import annotations

from eostui.reading.feed import Feed, Notice
from eostui.reading.series import series_of
from eostui.store import RunFile, RunFileError, Status


class GrowingFeed(Feed):
    """Every row of a file, and every row that is written to it later.

    Whoever trains the run is not asked: a copy of the file, or one that another machine writes, will do. Raises
    RunFileError for a file that cannot be read.
    """

    def __init__(self, file: RunFile) -> None:
        super().__init__()
        self._file: RunFile | None = file
        self.name, self.config, self.environment = file.name, file.config, file.environment
        self.directory = file.path.parent
        self.series = series_of(file.tables.values())
        self._read(file)

    def poll(self) -> list[Notice]:
        if self._file is None:
            return []
        try:
            self._file.refresh()
            self._read(self._file)
        except RunFileError as error:
            self.close()
            return [Notice(str(error), "error")]
        return []

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _read(self, file: RunFile) -> None:
        self.status = str(file.status())
        if any(file.length(name) < series.length for name, series in self.series.items()):
            # The run went on from a checkpoint: the rows behind it are made again, and may be others.
            for series in self.series.values():
                series.clear()
            self._events.clear()
        for name, series in self.series.items():
            if file.length(name) > series.length:
                series.extend(file.read(name, start=series.length))
        if Status(self.status).ended:
            self.close()
