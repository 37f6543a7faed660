"""The rows of a run as growing columns, cheap to extend and free to look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from eostui.store import Column, Table

_FIRST_CAPACITY = 1024


class Series:
    """One table's columns. They grow at the end, or begin again; `shown` rows of them are visible.

    A live feed shows everything; a replay moves `shown` to and fro without copying.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.length = 0
        self.shown = 0
        self._arrays = {column.name: np.empty(_shape(column, 0), column.dtype) for column in table.columns}

    def __getitem__(self, column: str) -> np.ndarray:
        """The visible rows of a column, (n,) or (n, k): a view, valid until the next `extend`."""
        return self._arrays[column][: self.shown]

    def __contains__(self, column: str) -> bool:
        """Whether the table has such a column."""
        return column in self._arrays

    def all(self, column: str) -> np.ndarray:
        """Every row of a column, visible or not."""
        return self._arrays[column][: self.length]

    def extend(self, columns: Mapping[str, np.ndarray]) -> None:
        """Append rows, all visible. Columns that the table does not have are left out.

        A float64 column that is not among them becomes NaN; another one that is not raises ValueError.
        """
        absent = [column for column in self.table.columns if column.name not in columns]
        for column in absent:
            if column.dtype != "float64":
                raise ValueError(f"rows of {self.table.name} come without their column {column.name}")
        count = len(columns["step"])
        self._reserve(self.length + count)
        for name, array in self._arrays.items():
            array[self.length : self.length + count] = columns.get(name, np.nan)
        self.length += count
        self.shown = self.length

    def clear(self) -> None:
        """Forget all rows."""
        self.length = self.shown = 0

    def last(self, column: str) -> float:
        """The newest visible value of a column with one value a row; NaN where there is none."""
        values = self[column]
        return float(values[-1]) if len(values) else float("nan")

    def _reserve(self, rows: int) -> None:
        capacity = len(self._arrays["step"])
        if rows <= capacity:
            return
        capacity = max(rows, 2 * capacity, _FIRST_CAPACITY)
        for column in self.table.columns:
            grown = np.empty(_shape(column, capacity), column.dtype)
            grown[: self.length] = self._arrays[column.name][: self.length]
            self._arrays[column.name] = grown


def _shape(column: Column, rows: int) -> tuple[int, ...]:
    return (rows,) if column.width is None else (rows, column.width)


def series_of(tables: Iterable[Table]) -> dict[str, Series]:
    """Empty series for some tables, by name."""
    return {table.name: Series(table) for table in tables}


def at_steps(series: Series, column: str, steps: np.ndarray) -> np.ndarray:
    """A column's value at each of some steps, (n,): that of the last row at or before it, NaN where there is none."""
    own = series["step"]
    begin = int(np.searchsorted(own, steps[0])) if len(steps) else 0
    if np.array_equal(own[begin : begin + len(steps)], steps) and bool((steps[1:] > steps[:-1]).all()):
        # as of two tables with a row a step: a million rows are not searched for one by one
        after = begin + len(steps)
        if after == len(own) or own[after] > steps[-1:].max(initial=-1):
            return np.array(series[column][begin:after], dtype=np.float64)
    rows = np.searchsorted(own, steps, side="right") - 1
    values = np.full(len(steps), np.nan)
    known = rows >= 0
    values[known] = series[column][rows[known]]
    return values


def certified(rows: Series) -> np.ndarray:
    """Which rows of a table of eigenvalues are certified, (n,) bool; all of them where the table does not say."""
    says = any(
        column.name == "certified" and column.dtype == "int64" and not column.width for column in rows.table.columns
    )
    found: np.ndarray = rows["certified"] != 0 if says else np.ones(rows.shown, dtype=bool)
    return found
