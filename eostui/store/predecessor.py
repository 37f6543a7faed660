"""The rows of one run's file with which another file begins, where a run goes on or branches off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from eostui.store.errors import RunFileError
from eostui.store.reader import RunFile
from eostui.store.schema import Table

_ROWS_AT_ONCE = 1 << 16
"""How many rows are carried over at a time."""


@dataclass(frozen=True)
class Predecessor:
    """Which rows of a file are carried over.

    rows: how many of each table, from its first row on; a table that is missing here is carried over without rows.
    more: numbers of further rows of a table, which come after those.
    """

    file: RunFile
    rows: Mapping[str, int]
    more: Mapping[str, tuple[int, ...]]

    def tables(self, wanted: Mapping[str, Table]) -> dict[str, Table]:
        """The tables of both, by name: those that are wanted, and those that the file has besides, which come first.

        Raises RunFileError where a wanted table has other columns in the file than now.
        """
        there = self.file.tables
        for name, table in wanted.items():
            if name in there and _shape(there[name]) != _shape(table):
                raise RunFileError(
                    f"{self.file.path}: its table {name} has other columns than this version (or these settings) write"
                )
        return {**there, **wanted}

    def count(self, table: str) -> int:
        """How many rows of a table are carried over."""
        return self.rows.get(table, 0) + len(self.more.get(table, ()))

    def pieces(self, table: str) -> Iterator[Mapping[str, np.ndarray[Any, Any]]]:
        """Those rows, some at a time, a column each by name. Raises RunFileError for what cannot be read."""
        rows = self.rows.get(table, 0)
        for start in range(0, rows, _ROWS_AT_ONCE):
            yield self.file.read(table, start=start, stop=min(start + _ROWS_AT_ONCE, rows))
        for number in self.more.get(table, ()):
            yield self.file.read(table, start=number, stop=number + 1)


def _shape(table: Table) -> list[tuple[str, str, int | None]]:
    return [(column.name, column.dtype, column.width) for column in table.columns]
