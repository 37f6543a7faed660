"""A run that is followed by its plain file of rows: see `plain_rows`."""

from __future__ import annotations

import json
import os
import stat
import time
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from eostui.link.frames import PREFIX_BYTES, FrameDecoder, FrameError, frame_lengths
from eostui.link.messages import Rows, State, decode
from eostui.link.plain_rows import CHECKSUM_BYTES, PLAIN_ROWS, RUN
from eostui.store import (
    EVENTS,
    STEP,
    Event,
    Parent,
    RunFileError,
    Status,
    Table,
    clean_json,
    clean_text,
    misfit,
    wrong_step,
)

AT_ONCE = 1 << 20
"""Bytes that are read at a time."""
ARRIVES_WITHIN = 60.0
"""Seconds after which bytes that are followed by others, and are no record, are taken for damage."""

Array = np.ndarray[Any, Any]


class PlainRun:
    """What a run's plain file of rows has brought by now, as `RunFile` has it.

    Everything in it is checked as on the pipe. A fault of the file is a RunFileError.
    """

    def __init__(self, path: Path) -> None:
        """Use `PlainRun.open`."""
        self.path = path
        self._plain = path.with_name(PLAIN_ROWS)
        self._file = self._opened()
        self._taken = 0
        """How many bytes of the file have been taken in."""
        self._wrong_since: float | None = None
        """When what stands after them was first seen to be no record."""
        self._status = Status.STARTING
        self.tables: dict[str, Table] = {}
        """The definitions of all tables, by name."""
        self._rows: dict[str, list[Rows]] = {}
        self._lengths: dict[str, int] = {}

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the plain file beside a run's file. Raises RunFileError, also where it does not say yet what run it
        is."""
        run = cls(path)
        try:
            run.refresh()
            if not run.tables:
                raise run._refused("does not say what run it is")
        except RunFileError:
            run.close()
            raise
        return run

    def refresh(self) -> None:
        """Take in what has come since. Raises RunFileError, also where the file is gone, as after the run's end."""
        waiting = bytearray()  # read anew each time: what a network file system shows too early is zeros
        try:
            if self._plain.stat().st_ino != os.fstat(self._file).st_ino:
                raise self._refused("is another file by now")
            while data := os.pread(self._file, AT_ONCE, self._taken + len(waiting)):
                waiting += data
                taken = self._take(waiting)
                self._taken += taken
                del waiting[:taken]
        except OSError as error:
            raise self._refused(f"cannot be read: {error.strerror}") from None
        except ValueError as error:
            raise self._refused(f"is damaged: {error}") from None

    @property
    def table_names(self) -> Sequence[str]:
        """The names of all tables."""
        return list(self.tables)

    def status(self) -> Status:
        """What the run's trainer last said that it does."""
        return self._status

    def length(self, table: str) -> int:
        """How many rows a table has."""
        return self._lengths[table]

    def read(
        self, table: str, columns: Sequence[str] | None = None, start: int = 0, stop: int | None = None
    ) -> dict[str, Array]:
        """Rows `start` to `stop` (as in a slice) of some columns, or of all, by name, as `RunFile.read` gives them."""
        first, last, _ = slice(start, stop).indices(self._lengths[table])
        names = [column.name for column in self.tables[table].columns] if columns is None else columns
        if len(self._rows[table]) > 1:
            self._rows[table] = [_joined(self._rows[table])]
        (rows,) = self._rows[table]
        return {name: rows.columns[name][first : max(first, last)] for name in names}

    def events(self) -> list[Event]:
        """All events, in the order of time."""
        rows = self.read(EVENTS.name, [column.name for column in EVENTS.columns])
        return [Event.read(*row) for row in zip(*rows.values(), strict=True)]

    def close(self) -> None:
        """Close the file; nothing more comes."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _opened(self) -> int:
        try:
            descriptor = os.open(self._plain, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise self._refused(f"cannot be read: {error.strerror}") from None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise self._refused("is no file of rows")
        return descriptor

    def _refused(self, why: str) -> RunFileError:
        return RunFileError(f"{clean_text(self._plain)}: {clean_text(why, 300)}")

    def _take(self, data: bytearray) -> int:
        """Take every record that is whole; how many bytes these are. Raises ValueError."""
        taken = 0
        while (length := self._record_at(data, taken)) is not None:
            end = taken + length - CHECKSUM_BYTES
            ((header, body),) = FrameDecoder().feed(bytes(data[taken:end]))
            self._take_frame(header, body)
            taken += length
            self._wrong_since = None
        return taken

    def _record_at(self, data: bytearray, start: int) -> int | None:
        """How long the record is that begins there; None where it is not whole yet.

        Raises `FrameError` where bytes have been there for so long that it will never be.
        """
        try:
            lengths = frame_lengths(data, start)
            if lengths is None:
                return None
            end = start + PREFIX_BYTES + sum(lengths)
            checksum = data[end : end + CHECKSUM_BYTES]
            if len(checksum) < CHECKSUM_BYTES:
                return None
            if zlib.crc32(data[start:end]).to_bytes(CHECKSUM_BYTES, "little") == checksum:
                return end + CHECKSUM_BYTES - start
            raise FrameError("a record has not the checksum that it should have")
        except FrameError:
            now = time.monotonic()
            self._wrong_since = self._wrong_since or now
            if now - self._wrong_since > ARRIVES_WITHIN:
                raise
            return None

    def _take_frame(self, header: dict[str, Any], body: bytes) -> None:
        if header["kind"] == RUN:
            self._begin(header)
            return
        match decode(header, body):
            case Rows() as rows if rows.table in self.tables:
                self._append(rows)
            case State(status) if status in list(Status):
                self._status = Status(status)
            case other:
                raise FrameError(f"a message of the kind {type(other).__name__.lower()} cannot be there")

    def _begin(self, header: dict[str, Any]) -> None:
        """What run it is, or that it has a table more."""
        match header:
            case {"attributes": {"name": str(name), "created": str(created), **attributes}, "tables": {**tables}}:
                self.name = clean_text(name, 100)
                self.created = datetime.fromisoformat(created).astimezone(UTC)
            case _:
                raise FrameError("it does not say what run it is")
        self.eostui_version = clean_text(str(attributes.get("eostui_version", "")), 100)
        self.parent = Parent.from_json(str(attributes.get("parent", "")))
        self.config, self.environment = (_object(attributes.get(part)) for part in ("config", "environment"))
        for called, described in tables.items():
            table = Table.from_json(clean_json(described))
            if why := misfit(table):
                raise FrameError(why)
            if self.tables.setdefault(table.name, table) != table or table.name != called:
                raise FrameError(f"its table {called!r:.60} is another one by now")
            self._rows.setdefault(table.name, [_no_rows(table)])
            self._lengths.setdefault(table.name, 0)

    def _append(self, rows: Rows) -> None:
        table, pieces, length = self.tables[rows.table], self._rows[rows.table], self._lengths[rows.table]
        if rows.first != length:
            raise FrameError(f"row {rows.first} of {rows.table} comes after row {length - 1}")
        if _shape(rows) != _shape(pieces[0]):
            raise FrameError(f"rows of {rows.table} have other columns than their table")
        steps = np.concatenate([pieces[-1].columns[STEP.name][-1:], rows.columns[STEP.name]])
        if why := wrong_step(table.name, steps):
            raise FrameError(f"in its table {table.name} {why}")
        pieces.append(rows)
        self._lengths[rows.table] += len(rows.columns[STEP.name])


def _object(text: object) -> dict[str, Any]:
    """The JSON object that an attribute is. Raises `FrameError`."""
    try:
        value = clean_json(json.loads(text)) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise FrameError("its config or environment is not a JSON object")
    return value


def _no_rows(table: Table) -> Rows:
    shapes = {column.name: (0,) if column.width is None else (0, column.width) for column in table.columns}
    return Rows(table.name, 0, {c.name: np.empty(shapes[c.name], np.dtype(c.dtype)) for c in table.columns})


def _shape(rows: Rows) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Of every column, what it holds and how many of it are in a row. Texts may be shorter than there is room for."""
    return {
        name: (column.dtype.str if column.dtype.kind != "S" else "S", column.shape[1:])
        for name, column in rows.columns.items()
    }


def _joined(pieces: Sequence[Rows]) -> Rows:
    first = pieces[0]
    return Rows(first.table, 0, {name: np.concatenate([p.columns[name] for p in pieces]) for name in first.columns})
