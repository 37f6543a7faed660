"""Writing a run's file while others read it."""

from __future__ import annotations

import atexit
import contextlib
import errno
import json
import math
import os
import re
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import h5py
import numpy as np

from eostui import __version__
from eostui.store.errors import RunExists, StoreError
from eostui.store.events import Event, Failed
from eostui.store.parent import PARENT, Parent
from eostui.store.predecessor import Predecessor
from eostui.store.rows import RowBuffer
from eostui.store.schema import FORMAT, FORMAT_VERSION, Row, Status, Table
from eostui.store.text import clean_text

FLUSH_INTERVAL = 0.25
"""Seconds between two flushes: a killed process loses no more rows than it appended in this time."""
SYNC_INTERVAL = 3.0
"""Seconds between two times that the rows are brought to the disk itself: a machine that loses power loses no more."""
_STATUS_BYTES = 16
"""The room for the run's status."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
"""The errors that end once somebody has made room."""
_ZEROS = bytes(1 << 20)
"""What space is claimed with, so much at a time."""
_FILE_HEADER_BYTES, _COLUMN_HEADER_BYTES = 32768, 4096
"""What the file, and each column, takes before the first row, measured with some room."""
_LAST_WORDS_BYTES = 98304
"""Disk space always held ready, so that a full disk can still be told of in the file itself."""
_REMEDIES = {
    errno.ENOENT: "create its directory first",
    errno.EACCES: "choose a directory that you may write to",
    errno.EROFS: "choose a directory that you may write to",
    errno.ENOSPC: "free space on that disk",
    errno.EDQUOT: "free some of your disk quota",
    errno.EFBIG: "raise the limit on file size (`ulimit -f`)",
}
"""What the user can do about an error, by its number."""


class Beside(Protocol):
    """Whoever is told what the run's file has got, in the order of writing, and does not fail."""

    def tables(self, tables: Mapping[str, Table]) -> None:
        """The run has these tables."""

    def rows(self, batches: Iterable[tuple[int, Sequence[Row]]], status: Status | None) -> None:
        """Rows of some tables, each with the index of the first of them, and then the status."""


class RunWriter:
    """The one writer of a run's file.

    Rows are buffered and brought to disk by a thread of their own, so that appending costs microseconds and
    no row waits for a training step to end. Where the disk is full, `no_room` says so, and rows wait until there is
    room: whoever appends them should wait, too. Any other failure to write ends the writing: the file keeps what it
    had, its status becomes `failed`, and every later call raises the same StoreError.
    """

    def __init__(self, path: Path, file: h5py.File, buffers: Mapping[str, RowBuffer]) -> None:
        """Use `RunWriter.create`."""
        self.path = path
        self._write_to(file)
        self._buffers = dict(buffers)
        self.no_room = ""
        """Why rows cannot be written at present, though they may be later; empty where they can."""
        self.beside: Beside | None = None
        """Is told of all that is written from now on."""
        self._failure: StoreError | None = None
        self._failure_told = False
        self._hdf5_is_torn = False
        self._last_step = 0
        # Taken in this order: the disk lock for as long as HDF5 works, the row lock for microseconds.
        self._disk_lock = threading.Lock()
        self._row_lock = threading.Lock()
        self._closing = threading.Event()
        self._flusher = threading.Thread(target=self._flush_regularly, name="run file flusher", daemon=True)
        self._flusher.start()
        # A daemon thread caught inside HDF5 while Python shuts down would hang the process.
        atexit.register(self.close)

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        name: str,
        config: Mapping[str, Any],
        environment: Mapping[str, Any],
        tables: Sequence[Table],
        predecessor: Predecessor | None = None,
        parent: Parent | None = None,
    ) -> Self:
        """Create a run's file, ready to be read by others from the moment it appears under its name.

        With a `predecessor` it begins with that one's rows, and has all of its tables. Where that is the file at
        `path`, the new one takes its name and its time of creation: the run goes on, and is still a file that no crash
        has touched. `parent` says what the run branched off from.

        Raises RunExists if another file exists at `path`, StoreError if it cannot be written, RunFileError if the
        predecessor cannot be read, ValueError if `config` or `environment` is no JSON or a table comes twice.
        """
        goes_on = predecessor is not None and predecessor.file.path == path
        attributes = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "name": name,
            "created": (predecessor.file.created if goes_on and predecessor else datetime.now(UTC)).isoformat(),
            "eostui_version": __version__,
            "config": json.dumps(dict(config), allow_nan=False),
            "environment": json.dumps(dict(environment), allow_nan=False),
            **({} if parent is None else {PARENT: parent.to_json()}),
        }
        if len({table.name for table in tables}) != len(tables):
            raise ValueError(f"a table comes twice: {', '.join(table.name for table in tables)}")
        if predecessor is not None:
            tables = [*predecessor.tables({table.name: table for table in tables}).values()]
        if path.exists() and not goes_on:
            raise RunExists(f"{clean_text(path)}: already exists, and a run is never overwritten")
        for leftover in path.parent.glob(f".{path.name}.*"):  # of a writer that was killed
            leftover.unlink(missing_ok=True)
        # Readers cannot open the file before it is in SWMR mode, so it gets its name when it is.
        file = _new_file(path)
        try:
            texts = [*attributes.values(), *(json.dumps(table.charts_to_json()) for table in tables)]
            text_bytes = sum(len(str(text).encode()) for text in texts)
            columns = sum(len(table.columns) for table in tables)
            _extend(file, _FILE_HEADER_BYTES + text_bytes + columns * _COLUMN_HEADER_BYTES)
            file.attrs.update(attributes)
            file["status"] = np.array(Status.STARTING.encode(), dtype=f"S{_STATUS_BYTES}")
            group = file.create_group("tables", track_order=True)
            buffers = {table.name: RowBuffer.create(table, group) for table in tables}
            if predecessor is not None:
                _extend(file, sum(buffer.growth(predecessor.count(name)) for name, buffer in buffers.items()))
                for name, buffer in buffers.items():
                    buffer.begin_with(predecessor.pieces(name))
            _publish(file, path)
        except Exception as error:
            raise _given_up(file, path, error) from None
        return cls(path, file, buffers)

    def add_table(self, table: Table) -> None:
        """Give the run one table more, which has no rows yet; nothing where it has that table.

        In SWMR mode nothing can be created: the file is copied, the copy gets the table and then the name. Who reads
        the file that had the name before has all rows up to here, and finds the others under the name
        (`RunFile.refresh`). Raises ValueError where the run has another table of that name, StoreError where there is
        no room for the copy; then everything is as before.
        """
        if (there := self._buffers.get(table.name)) is not None:
            if there.table != table:
                raise ValueError(f"the run has another table {table.name}")
            return
        self._to_disk()
        with self._disk_lock:
            if self._failure is not None:
                raise self._told(self._failure)
            self.path = self.present_path
            file = _new_file(self.path)
            try:
                said = len(json.dumps(table.charts_to_json()).encode())
                columns = len(table.columns) * _COLUMN_HEADER_BYTES
                _extend(file, self._file.id.get_filesize() + _FILE_HEADER_BYTES + said + columns)
                file.attrs.update(self._file.attrs)
                file["status"] = np.array(self._status[()], dtype=f"S{_STATUS_BYTES}")
                # Copied row by row: H5Ocopy of what it has copied before fails with "ring type mismatch", and ends the
                # process with a segmentation fault later on (h5py 3.16, HDF5 2.0).
                group = file.create_group("tables", track_order=True)
                copies = [(buffer, buffer.copied(group)) for buffer in self._buffers.values()]
                added = RowBuffer.create(table, group)
                _publish(file, self.path)
            except Exception as error:
                raise _given_up(file, self.path, error) from None
            before = self._file
            self._write_to(file)
            for buffer, datasets in copies:
                buffer.go_on_in(datasets)
            self._buffers[table.name] = added
            if self.beside is not None:
                self.beside.tables(self.tables)
            os.ftruncate(before.id.get_vfd_handle(), before.id.get_filesize())
            before.close()

    @property
    def present_path(self) -> Path:
        """Where the file is now, if its directory was renamed and the system tells."""
        with contextlib.suppress(OSError):
            path = Path(f"/proc/self/fd/{self._descriptor}").readlink()
            if path.exists():
                return path
        return self.path

    def table(self, name: str) -> Table:
        """The run's table of that name, to make a row of. Raises ValueError where it has none."""
        buffer = self._buffers.get(name)
        if buffer is None:
            raise ValueError(f"the run has no table {name!r}: its tables are {', '.join(self._buffers)}")
        return buffer.table

    @property
    def tables(self) -> dict[str, Table]:
        """All tables, by name."""
        return {name: buffer.table for name, buffer in self._buffers.items()}

    @property
    def attributes(self) -> dict[str, Any]:
        """What the run's file says of the run as a whole, in JSON's types."""
        with self._disk_lock:
            return {name: _plain(value) for name, value in self._file.attrs.items()}

    @property
    def rows(self) -> dict[str, int]:
        """How many rows each table has, with those that are still on their way to disk."""
        return {name: buffer.appended for name, buffer in self._buffers.items()}

    @property
    def waiting(self) -> int:
        """How many rows are not in the file yet."""
        with self._row_lock:
            return sum(len(buffer.rows) for buffer in self._buffers.values())

    def append(self, row: Row) -> int:
        """Append a row to its table; the row's index there.

        The row is on disk at most half a second later. Raises ValueError for a row of a table that the run has not,
        StoreError once writing failed.
        """
        table = self.table(row.table.name)
        if row.table is not table and row.table != table:
            raise ValueError(f"the row's table {table.name} has other columns than the run's")
        buffer = self._buffers[table.name]
        with self._row_lock:
            if self._failure is not None:
                raise self._told(self._failure)
            buffer.rows.append(row)
            index = buffer.appended
            buffer.appended = index + 1
            self._last_step = row.values[0]
        return index

    def sync(self) -> None:
        """Bring every row appended before to the disk itself. Raises StoreError if that failed."""
        self._to_disk()
        if self._failure is not None:
            raise self._told(self._failure)
        self._sync()

    def set_status(self, status: Status) -> None:
        """Write the run's status, after every row appended before, and bring both to disk."""
        self._to_disk(status)
        if self._failure is not None:
            raise self._told(self._failure)

    def mark(self, status: Status) -> None:
        """Write the status alone, from any thread and whatever this writer is at: the process is about to be killed.

        Rows that wait are lost.
        """
        with contextlib.suppress(OSError):
            os.pwrite(self._descriptor, status.encode().ljust(_STATUS_BYTES, b"\0"), self._status_offset)

    def close(self) -> None:
        """Bring everything to disk and close the file; StoreError if that failed and nobody was told yet."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._flusher.join()
        atexit.unregister(self.close)
        self._to_disk()
        if self._failure is None:
            try:
                os.ftruncate(self._descriptor, self._file.id.get_filesize())  # what was held ready is not needed
                self._file.close()
            except (OSError, RuntimeError) as error:
                self._fail(error)
        if self._failure is None:
            self._failure = StoreError(f"{clean_text(self.path)}: the run's file is closed")
        elif not self._failure_told:
            raise self._told(self._failure)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _write_to(self, file: h5py.File) -> None:
        self._file = file
        self._descriptor: int = file.id.get_vfd_handle()
        self._status: h5py.Dataset = file["status"]
        self._status_offset: int = self._status.id.get_offset()

    def _flush_regularly(self) -> None:
        synced = time.monotonic()
        while not self._closing.wait(FLUSH_INTERVAL):
            self._to_disk()
            if time.monotonic() - synced > SYNC_INTERVAL:
                synced = time.monotonic()
                self._sync()

    def _sync(self) -> None:
        """Bring what was written to the disk itself, while others go on writing."""
        with contextlib.suppress(OSError):  # a file system that cannot says so
            with self._disk_lock:
                descriptor = os.dup(self._descriptor)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _to_disk(self, status: Status | None = None) -> None:
        """Write the rows that wait, then the status, so that who reads of an end finds every row."""
        with self._disk_lock:
            with self._row_lock:
                if self._failure is not None:
                    return
                batches = [(buffer, buffer.rows) for buffer in self._buffers.values() if buffer.rows]
                for buffer, _ in batches:
                    buffer.rows = []
            try:
                if batches and not self._have_room(batches):
                    self._give_back(batches)
                    batches = []
                written = [(buffer.written, rows) for buffer, rows in batches]
                if batches:
                    self._write_rows(batches)
                if status is not None:
                    self._status[()] = status.encode()
                    self._file.flush()
                if self.beside is not None and (written or status is not None):
                    self.beside.rows(written, status)
            except Exception as error:  # whatever stops the flusher, the next caller must hear of it
                self._fail(error)

    def _have_room(self, batches: Sequence[tuple[RowBuffer, list[Row]]]) -> bool:
        """Take the space that some rows need. False where the disk is full and somebody may still make room."""
        growth = sum(buffer.growth(len(rows)) for buffer, rows in batches)
        try:
            _extend(self._file, growth + _LAST_WORDS_BYTES)
        except OSError as error:
            if error.errno not in _NO_ROOM or self._closing.is_set():
                raise
            missing = self._file.id.get_filesize() + growth + _LAST_WORDS_BYTES - os.fstat(self._descriptor).st_size
            self.no_room = f"{_write_error(self.path, error)}: {math.ceil(missing / 1e5) / 10:.1f} MB or more"
            return False
        self.no_room = ""
        return True

    def _give_back(self, batches: Sequence[tuple[RowBuffer, list[Row]]]) -> None:
        """Have rows wait that could not be written."""
        with self._row_lock:
            for buffer, rows in batches:
                buffer.rows = rows + buffer.rows

    def _write_rows(self, batches: Sequence[tuple[RowBuffer, list[Row]]]) -> None:
        self._hdf5_is_torn = True
        for buffer, rows in batches:
            buffer.write(rows)
        self._file.flush()
        self._hdf5_is_torn = False

    def _fail(self, error: Exception) -> None:
        """Keep the error for whoever calls next, and say in the file, if there is room, why it ends here."""
        failure = _write_error(self.path, error)
        with self._row_lock:
            self._failure = failure
        with contextlib.suppress(OSError, RuntimeError):
            self._write_last_words(str(failure))
        self.mark(Status.FAILED)
        _abandon(self._file)

    def _write_last_words(self, error: str) -> None:
        row = Event.of(self._last_step, math.nan, Failed(error)).row()
        buffer = self._buffers.get(row.table.name)
        held_ready = os.fstat(self._descriptor).st_size - self._file.id.get_filesize()
        if buffer is None or buffer.table != row.table or self._hdf5_is_torn or held_ready < buffer.growth(1):
            return
        buffer.write([row])
        self._file.flush()

    def _told(self, failure: StoreError) -> StoreError:
        self._failure_told = True
        return failure


def _plain(attribute: Any) -> str | int:
    """An attribute of a file in JSON's types."""
    return attribute if isinstance(attribute, str) else int(attribute)


def _unnamed(path: Path) -> Path:
    """Where a file is before it has its name: readers cannot open it before it is in SWMR mode."""
    return path.with_name(f".{path.name}.{os.getpid()}")


def _new_file(path: Path) -> h5py.File:
    """A file to become the one at `path`. Raises StoreError."""
    try:
        # Without locks, which network file systems may not have: HDF5's own marks in the file keep other writers away,
        # and SWMR readers need none.
        return h5py.File(_unnamed(path), "w", libver="latest", locking=False, driver="sec2")
    except OSError as error:
        raise _write_error(path, error) from None


def _publish(file: h5py.File, path: Path) -> None:
    """Let others read it, from the moment it has its name."""
    # In SWMR mode no object can be created, and without a flush before it every later read fails with "invalid dataset
    # size" (h5py 3.16, HDF5 2.0).
    file.flush()
    file.swmr_mode = True
    file.flush()
    _unnamed(path).rename(path)


def _given_up(file: h5py.File, path: Path, error: Exception) -> Exception:
    """What to raise, once nothing is left of a file that did not get its name."""
    _abandon(file)
    _unnamed(path).unlink(missing_ok=True)
    return _write_error(path, error) if isinstance(error, OSError | RuntimeError) else error


def _extend(file: h5py.File, growth: int) -> None:
    """Make the file as long as HDF5 may need it for what it is about to be given.

    A full disk is thus met by a plain write, and not by HDF5 in the middle of a flush, which would leave tables that
    are longer than their data. (A write of zeros, because allocation calls differ between systems.)
    """
    descriptor = file.id.get_vfd_handle()
    wanted = file.id.get_filesize() + growth
    size = os.fstat(descriptor).st_size
    while size < wanted:
        size += os.pwrite(descriptor, _ZEROS[: wanted - size], size)


def _abandon(file: h5py.File) -> None:
    """Close a file without another byte being written to it.

    After a failed write HDF5 (2.0) writes again at every close and tears the file further, and if that fails too it
    ends the process with a segmentation fault at exit. So its writes go nowhere from here on; the first flush may
    still stumble over the one that failed ("slist already enabled"), and puts that right.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, file.id.get_vfd_handle(), inheritable=False)
    os.close(nowhere)
    for finish in (file.flush, file.flush, file.close):
        with contextlib.suppress(OSError, RuntimeError):
            finish()


def _write_error(path: Path, error: Exception) -> StoreError:
    code = getattr(error, "errno", None)
    if found := re.search(r"errno = (\d+)", str(error)):  # HDF5 tells it in its text only
        code = int(found[1])
    reason = os.strerror(code) if code else clean_text(error, 200)
    remedy = _REMEDIES.get(code or 0, "check that disk")
    return StoreError(f"{clean_text(path)}: cannot be written: {reason}; {remedy}")
