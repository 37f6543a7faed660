"""A feed from a run's file as it is: everything is visible, and nothing moves."""

from __future__ import annotations

from collections.abc import Collection

from eostui.reading.feed import Feed, Notice
from eostui.reading.series import series_of
from eostui.store import RunReader


class SavedFeed(Feed):
    """The rows of a file, all of them or those of some `tables`, as far as it has these.

    Raises RunFileError for a file that cannot be read.
    """

    def __init__(self, file: RunReader, tables: Collection[str] | None = None) -> None:
        super().__init__()
        self.name, self.config, self.environment = file.name, file.config, file.environment
        self.directory = file.path.parent
        self.status = str(file.status())
        wanted = {name: table for name, table in file.tables.items() if tables is None or name in tables}
        self.series = series_of(wanted.values())
        for name, series in self.series.items():
            if file.length(name):
                series.extend(file.read(name))

    def poll(self) -> list[Notice]:
        return []

    def close(self) -> None:
        """Nothing is held open: all rows were read at the start."""
