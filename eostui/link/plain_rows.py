"""A run's rows in a plain file beside `run.h5`, for followers who cannot trust a growing HDF5 file.

HDF5 lets others read a file while it grows where the file system shows writes to everybody in their order. Network file
systems such as NFS do not. There a trainer also appends every row to `RUN/rows.eos`, which is a sequence of records:

    bytes  what
    n      a frame of `frames`, as on the pipe from a trainer
    4      the CRC-32 of these bytes, unsigned little-endian

The first frame is of the kind `run`: the attributes of `run.h5` and its tables. It comes again when there is one table
more. `rows` and `state` are as on the pipe. A record whose checksum is not right has not arrived yet. When the run has
ended, `run.h5` has everything and is written no more: then `rows.eos` is removed.
"""

from __future__ import annotations

import contextlib
import math
import os
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from eostui.link.frames import encode_frame
from eostui.link.messages import Rows, State, encode
from eostui.store import Predecessor, Row, RunWriter, Status, Table

PLAIN_ROWS = "rows.eos"
"""The name of the file in the run's directory."""
RUN = "run"
"""The kind of the frame that says what run it is."""
CHECKSUM_BYTES = 4
_PIECE_BYTES = 1 << 20
"""About how much a record has at most."""


class PlainRows:
    """Writes the rows of a run into the plain file as soon as `run.h5` has them.

    What cannot be written waits for the next time; the training goes on whatever becomes of this file.
    """

    def __init__(self, writer: RunWriter, predecessor: Predecessor | None) -> None:
        """Have everything that a writer writes from here on in the plain file, too, after the rows that the run's file
        begins with. Raises OSError where it cannot be made, RunFileError where the predecessor cannot be read."""
        self._attributes = writer.attributes
        self._path = writer.path.with_name(PLAIN_ROWS)
        partial = self._path.with_suffix(".partial")
        self._descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        self._end = 0
        self._waiting = bytearray()
        self.tables(writer.tables)
        if predecessor is not None:
            for name in writer.tables:
                first = 0
                for piece in predecessor.pieces(name):
                    first = self._add(Rows(name, first, piece))
        partial.replace(self._path)
        writer.beside = self

    def tables(self, tables: Mapping[str, Table]) -> None:
        """The run has these tables."""
        described = {name: table.to_json() for name, table in tables.items()}
        self._record(encode_frame({"kind": RUN, "attributes": self._attributes, "tables": described}))
        self._write()

    def rows(self, batches: Iterable[tuple[int, Sequence[Row]]], status: Status | None) -> None:
        """Rows of some tables, each with the index of the first of them, and then the status, that the run's file has
        got."""
        for first, rows in batches:
            self._add(Rows.of(first, rows))
        if status is not None:
            self._record(encode(State(str(status))))
        self._write()

    def remove(self) -> None:
        """Remove the file: the run has ended, and its own file is written no more."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _add(self, rows: Rows) -> int:
        """Add rows, in records that are not too long; the index of the next row."""
        count = len(rows.columns["step"])
        row_bytes = sum(column.dtype.itemsize * math.prod(column.shape[1:]) for column in rows.columns.values())
        at_once = max(1, _PIECE_BYTES // row_bytes)
        for start in range(0, count, at_once):
            columns: dict[str, np.ndarray[Any, Any]] = {
                name: values[start : start + at_once] for name, values in rows.columns.items()
            }
            self._record(encode(Rows(rows.table, rows.first + start, columns)))
            if len(self._waiting) > _PIECE_BYTES:
                self._write()
        return rows.first + count

    def _record(self, frame: bytes) -> None:
        self._waiting += frame + zlib.crc32(frame).to_bytes(CHECKSUM_BYTES, "little")

    def _write(self) -> None:
        """Write what waits. Where that fails, it goes over the half of a record that may have been written, later."""
        with contextlib.suppress(OSError):
            while self._waiting:
                written = os.pwrite(self._descriptor, self._waiting[: 1 << 20], self._end)
                del self._waiting[:written]
                self._end += written
            os.fdatasync(self._descriptor)  # a network file system keeps it to itself for half a minute otherwise
