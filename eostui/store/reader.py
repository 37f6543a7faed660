"""Reading a run's file: growing, finished, or left behind by a process that was killed."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
import numpy as np

from eostui.store.apart import ReaderProcess
from eostui.store.errors import RunFileError, refuse
from eostui.store.events import Event
from eostui.store.extent import check_claim, check_extent
from eostui.store.hdf5 import (
    members,
    open_hdf5,
    open_member,
    open_status,
    open_table,
    read_integer,
    read_text,
    reading,
)
from eostui.store.parent import PARENT, Parent
from eostui.store.required import wrong_step
from eostui.store.schema import EVENTS, FORMAT, FORMAT_VERSION, STEP, Status, Table
from eostui.store.text import clean_json, clean_text

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(slots=True)
class _OpenTable:
    definition: Table
    datasets: dict[str, h5py.Dataset]
    stored_bytes: int
    """What the chunks of its columns took when it was opened."""
    length: int


class RunFile:
    """A run's file, as it was at the last `refresh`.

    Text comes out without control characters; a fault of the file is a RunFileError, whichever method meets
    it.
    """

    def __init__(self, path: Path, file: h5py.File) -> None:
        """Use `RunFile.open`."""
        self.path = path
        self._read_from(file)
        self.refresh()

    def _read_from(self, file: h5py.File) -> None:
        path = self.path
        self._file = file
        self._inode = os.fstat(file.id.get_vfd_handle()).st_ino
        _check_format(path, file)
        self.name = clean_text(read_text(path, file, "name"), 100)
        self.created = _read_created(path, file)
        self.parent = Parent.from_json(read_text(path, file, PARENT)) if PARENT in file.attrs else None
        self.eostui_version = clean_text(read_text(path, file, "eostui_version"), 100)
        self.config = self._parse(read_text(path, file, "config"), "its config")
        self.environment = self._parse(read_text(path, file, "environment"), "its environment")
        self._status_dataset = open_status(path, file)
        self._tables_group = open_member(path, file, "tables", h5py.Group)
        self._table_names = members(path, self._tables_group)
        # Opened when asked for: a list of a hundred runs wants the last row of one table of each.
        self._tables: dict[str, _OpenTable] = {}
        self._status = Status.STARTING

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a run's file; RunFileError says what it is if it is no run."""
        file = open_hdf5(path)
        try:
            with reading(path):
                return cls(path, file)
        except RunFileError:
            file.close()
            raise

    def refresh(self) -> None:
        """Take notice of what was written since the file was opened or last refreshed.

        A run that has got a table more since then is another file under the same name, with the same rows.
        """
        with reading(self.path):
            self._follow_name()
            # The status first: the writer writes it last, so an end that is seen here has all its rows below.
            self._status_dataset.refresh()
            text = clean_text(self._status_dataset[()].decode("ascii", "replace"))
            if text not in list(Status):
                raise refuse(self.path, f"is not a run file: its status is {text!r}")
            self._status = Status(text)
            for table in self._tables.values():
                for dataset in table.datasets.values():
                    dataset.refresh()
                    check_claim(self.path, dataset)
                table.length = _shared_length(table.datasets)

    def _follow_name(self) -> None:
        inode = _inode(self.path)
        if inode is None or inode == self._inode:
            return
        self._inode = inode
        before, file = self._file, open_hdf5(self.path)
        if _read_created(self.path, file) != self.created:
            file.close()  # another run, which has taken the name of one that was removed
            return
        self._read_from(file)
        before.close()

    @property
    def table_names(self) -> Sequence[str]:
        """The names of all tables, none of which need be one that can be read."""
        return self._table_names

    @property
    def tables(self) -> dict[str, Table]:
        """The definitions of all tables, by name."""
        return {name: self._table(name).definition for name in self._table_names}

    def status(self) -> Status:
        """What the run's trainer last said that it does."""
        return self._status

    def length(self, table: str) -> int:
        """How many rows a table has."""
        return self._table(table).length

    def read(
        self, table: str, columns: Sequence[str] | None = None, start: int = 0, stop: int | None = None
    ) -> dict[str, Array]:
        """Rows `start` to `stop` (as in a slice) of some columns, or of all, by name.

        A column is (n,), one of width k is (n, k); text is bytes as it is in the file.
        """
        opened = self._table(table)
        datasets = opened.datasets
        wanted = list(datasets) if columns is None else columns
        for column in wanted:
            if column not in datasets:
                known = ", ".join(datasets)
                raise refuse(self.path, f"table {table} has no column {clean_text(column)!r}, only {known}")
        first, last, _ = slice(start, stop).indices(opened.length)
        with reading(self.path):
            rows = slice(first, max(first, last))
            if STEP.name in wanted:
                self._check_steps(table, rows)
            # h5py hangs metadata on a text dtype that numpy can neither save nor compare: drop it.
            return {name: datasets[name][rows].view(np.dtype(datasets[name].dtype.str)) for name in wanted}

    def events(self) -> list[Event]:
        """All events, in the order of time; none where the file has no table of them."""
        if EVENTS.name not in self._table_names:
            return []
        rows = self.read(EVENTS.name, [column.name for column in EVENTS.columns])
        return [Event.read(*row) for row in zip(*rows.values(), strict=True)]

    def close(self) -> None:
        """Close the file; it cannot be read any more."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _table(self, name: str) -> _OpenTable:
        opened = self._tables.get(name)
        if opened is None:
            if name not in self._table_names:
                known = clean_text(", ".join(self._table_names)) or "none"
                raise refuse(self.path, f"has no table {clean_text(name)!r}; its tables: {known}")
            with reading(self.path):
                definition, datasets = open_table(self.path, self._tables_group, name)
                size = self._size()
                stored = sum(check_extent(self.path, size, dataset) for dataset in datasets.values())
                if stored + sum(other.stored_bytes for other in self._tables.values()) > size:
                    raise refuse(self.path, f"is damaged: the rows of its tables take more than its {size:,} bytes")
                opened = self._tables[name] = _OpenTable(definition, datasets, stored, _shared_length(datasets))
        return opened

    def _size(self) -> int:
        """How many bytes the file has, which may be another one under the same name by now."""
        return os.fstat(self._file.id.get_vfd_handle()).st_size

    def _check_steps(self, table: str, rows: slice) -> None:
        """Refuse rows whose steps are none, or go back."""
        steps = self._tables[table].datasets[STEP.name][max(rows.start - 1, 0) : rows.stop]
        if why := wrong_step(table, steps):
            raise refuse(self.path, f"is damaged, or not a run file: in its table {table} {why}")

    def _parse(self, text: str, what: str) -> dict[str, Any]:
        try:
            value = clean_json(json.loads(text))
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise refuse(self.path, f"is damaged: {what} is not a JSON object")
        return value


def _inode(path: Path) -> int | None:
    """Which file has this name at present; None where none has."""
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _shared_length(datasets: Mapping[str, h5py.Dataset]) -> int:
    """How many rows all columns have: a flush in flight may have reached some of them only."""
    return int(min(dataset.shape[0] for dataset in datasets.values()))


def read_created(path: Path) -> str:
    """When a run was created, in ISO's form, without a look at the rest of its file. Raises RunFileError."""
    with open_hdf5(path) as file, reading(path):
        _check_format(path, file)
        return _read_created(path, file).isoformat()


def check_run(path: Path) -> None:
    """Meet whatever is wrong with a run's file, but for its rows: of these only the last of each table is read.

    Raises RunFileError.
    """
    with RunFile.open(path) as run:
        for name in run.tables:
            run.read(name, start=max(run.length(name) - 1, 0))


def open_runs(paths: Sequence[Path]) -> list[RunFile]:
    """Open the files of runs from outside, once a process apart has met what is wrong with them: a file that would end
    its reader does not end this process.

    Raises RunFileError.
    """
    with ReaderProcess(check_run) as apart:
        for path in paths:
            apart.read(check_run, path)
    with contextlib.ExitStack() as opened:
        files = [opened.enter_context(RunFile.open(path)) for path in paths]
        opened.pop_all()
    return files


def open_run(path: Path) -> RunFile:
    """Open the file of a run from outside, as `open_runs` does."""
    return open_runs([path])[0]


def _check_format(path: Path, file: h5py.File) -> None:
    if "format" not in file.attrs or read_text(path, file, "format") != FORMAT:
        raise refuse(path, "is an HDF5 file of another program, not a run file")
    version = read_integer(path, file, "format_version")
    if version > FORMAT_VERSION:
        raise refuse(path, f"has format {version}, newer than {FORMAT_VERSION}: update with `pip install -U eostui`")
    if version < 1:
        raise refuse(path, f"is not a run file: its format_version is {version}")


def _read_created(path: Path, file: h5py.File) -> datetime:
    text = read_text(path, file, "created")
    try:
        created = datetime.fromisoformat(text)
        return created.astimezone(UTC) if created.tzinfo else created.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise refuse(path, f"is not a run file: it was created at {clean_text(text, 100)!r}") from None
