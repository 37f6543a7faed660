"""The rows of one table on their way to disk."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import h5py
import numpy as np

from eostui.store.schema import CHARTS, Column, Row, Table

_CHUNK_BYTES = 8192
"""Keeps a run of a few hundred rows near 100 kB and lets a million rows be read in a thousand pieces a column."""
_INDEX_BYTES = 12288
"""What a column's chunk index (an extensible array, which grows in blocks) may add to the file when chunks are new:
measured up to 1e8 rows with HDF5 2.0."""
_INDEX_BYTES_A_CHUNK = 16
"""What it may add for each new chunk besides."""
_ROWS_AT_ONCE = 1 << 16
"""How many rows of a column are moved to another file at a time."""


class RowBuffer:
    """A table's datasets and the rows that are not yet in them."""

    def __init__(self, table: Table, datasets: Sequence[h5py.Dataset]) -> None:
        """Use `RowBuffer.create`."""
        self.table = table
        self.appended = 0
        self.rows: list[Row] = []
        self._written = 0
        self._datasets = datasets

    @classmethod
    def create(cls, table: Table, tables: h5py.Group) -> Self:
        """Create the table under the group `tables`."""
        group = tables.create_group(table.name, track_order=True)
        group.attrs["description"] = table.description
        if table.charts is not None:
            group.attrs[CHARTS] = json.dumps(table.charts_to_json())
        return cls(table, [_create_dataset(group, column) for column in table.columns])

    def copied(self, tables: h5py.Group) -> Sequence[h5py.Dataset]:
        """The table's datasets under another group `tables`, made anew, with all rows that were written."""
        copies = RowBuffer.create(self.table, tables)._datasets
        for source, copy in zip(self._datasets, copies, strict=True):
            copy.resize(self._written, axis=0)
            for start in range(0, self._written, _ROWS_AT_ONCE):
                end = min(start + _ROWS_AT_ONCE, self._written)
                copy[start:end] = source[start:end]
        return copies

    def begin_with(self, pieces: Iterable[Mapping[str, np.ndarray[Any, Any]]]) -> None:
        """Have the rows of these pieces, a column each by name, before any others."""
        for piece in pieces:
            end = self._written + len(piece[self.table.columns[0].name])
            for column, dataset in zip(self.table.columns, self._datasets, strict=True):
                dataset.resize(end, axis=0)
                dataset[self._written : end] = piece[column.name]
            self._written = self.appended = end

    def go_on_in(self, copies: Sequence[h5py.Dataset]) -> None:
        """Write what comes from here on to what `copied` gave."""
        self._datasets = copies

    @property
    def written(self) -> int:
        """How many rows the datasets have."""
        return self._written

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
        """Append rows of this table to the datasets."""
        end = self._written + len(rows)
        columns = list(zip(*(row.values for row in rows), strict=True))
        # The column `step`, which is the first one, comes last: a row has its step once it is whole.
        for dataset, values in reversed(list(zip(self._datasets, columns, strict=True))):
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
