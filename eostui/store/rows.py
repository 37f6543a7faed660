"""The rows of one table on their way to disk."""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import h5py
import numpy as np

from eostui.store.schema import CHARTS, Column, Table

# Keeps a run of a few hundred rows near 100 kB and lets a million rows be read in a thousand pieces a column.
_CHUNK_BYTES = 8192
# What a column's chunk index (an extensible array, which grows in blocks) may add to the file when chunks are
# new: measured up to 1e8 rows with HDF5 2.0.
_INDEX_BYTES = 12288
_INDEX_BYTES_A_CHUNK = 16

Row = tuple[Any, ...]
"""Values ready for disk, in the order of the columns."""
Encoder = Callable[[Any], Any]


class RowBuffer:
    """A table's datasets and the rows that are not yet in them."""

    def __init__(self, table: Table, tables: h5py.Group) -> None:
        """Create the table under the group `tables`."""
        self.table = table
        self.appended = 0
        self.rows: list[Row] = []
        self._written = 0
        self._names = frozenset(column.name for column in table.columns)
        self._encoders = [(column.name, *_encoder(column)) for column in table.columns]
        group = tables.create_group(table.name, track_order=True)
        group.attrs["description"] = table.description
        if table.charts is not None:
            group.attrs[CHARTS] = json.dumps(table.charts_to_json())
        self._datasets = [_create_dataset(group, column) for column in table.columns]

    def encode(self, row: Mapping[str, Any]) -> Row:
        """Return the row's values in the order of the columns; ValueError names what does not fit."""
        if not row.keys() <= self._names:
            unknown = ", ".join(sorted(map(str, row.keys() - self._names)))
            raise ValueError(
                f"table {self.table.name} has no column {unknown}: "
                f"its columns are {', '.join(column.name for column in self.table.columns)}"
            )
        get = row.get
        try:
            return tuple([encode(get(name, missing)) for name, encode, missing in self._encoders])
        except (TypeError, ValueError, OverflowError):
            raise self._misfit(row) from None

    def _misfit(self, row: Mapping[str, Any]) -> ValueError:
        for column, (name, encode, missing) in zip(self.table.columns, self._encoders, strict=True):
            try:
                encode(row.get(name, missing))
            except (TypeError, ValueError, OverflowError) as error:
                kind = column.dtype if column.width is None else f"{column.width} × {column.dtype}"
                given = repr(row[name]) if name in row else "nothing"
                return ValueError(f"table {self.table.name}, column {name}: wants {kind}, got {given:.80} ({error})")
        raise AssertionError("every column takes its value")

    def growth(self, rows: int) -> int:
        """How many bytes the file may grow by when so many rows are written."""
        total = 0
        for dataset in self._datasets:
            length, size = dataset.chunks[0], math.prod(dataset.chunks) * dataset.dtype.itemsize
            chunks = -(-(self._written + rows) // length) - -(-self._written // length)
            if chunks:
                total += chunks * (size + _INDEX_BYTES_A_CHUNK) + _INDEX_BYTES
        return total

    def write(self, rows: Sequence[Row]) -> None:
        """Append encoded rows to the datasets."""
        end = self._written + len(rows)
        for dataset, values in zip(self._datasets, zip(*rows, strict=True), strict=True):
            dataset.resize(end, axis=0)
            dataset[self._written : end] = np.array(values, dtype=dataset.dtype)
        self._written = end


def _create_dataset(group: h5py.Group, column: Column) -> h5py.Dataset:
    tail = () if column.width is None else (column.width,)
    dataset = group.create_dataset(
        column.name,
        shape=(0, *tail),
        maxshape=(None, *tail),
        chunks=(max(1, _CHUNK_BYTES // column.row_bytes), *tail),
        dtype=column.dtype,
        fillvalue=math.nan if column.dtype == "float64" else None,
    )
    dataset.attrs["unit"] = column.unit
    dataset.attrs["description"] = column.description
    return dataset


def _encoder(column: Column) -> tuple[Encoder, Any]:
    """How a column's value is made ready for disk, and what stands for a value that was not given."""
    if column.width is not None:
        width, dtype = column.width, column.dtype

        def vector(value: Any) -> np.ndarray:
            array = np.array(value, dtype=dtype)
            if array.shape != (width,):
                raise ValueError(f"its shape is {array.shape}")
            return array

        return vector, np.full(width, math.nan) if dtype == "float64" else None
    if column.dtype == "float64":
        return float, math.nan
    if column.dtype == "int64":
        return operator.index, None
    limit = int(column.dtype[1:])

    def text(value: str | bytes) -> bytes:
        encoded = value if isinstance(value, bytes) else value.encode()
        if len(encoded) > limit:
            raise ValueError(f"it has {len(encoded)} bytes")
        return encoded

    return text, None
