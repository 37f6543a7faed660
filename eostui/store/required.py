"""What the tables that every viewer knows must be like in a file from outside: checked where a table is opened.

Any other table has `step` first, as `Table` has it, and whatever an instrument declares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eostui.store.schema import EVENTS, FULL_BATCH, STEP, TEST, TRAIN, Column, Table, eigenvalue_table

LAST_STEP = 1 << 53
"""The largest step: up to here a float64, over which charts are drawn, has every whole number."""
_OPTIONAL = ("accuracy", "residuals", "errors", "products", "certified", "residual")
"""The columns that a run may be without: its loss has no classes, or an older version wrote it."""


@dataclass(frozen=True)
class _Wanted:
    """A column that readers of a table use: how it is stored, and whether the table must have it."""

    kind: str
    wide: bool
    must: bool


def _wanted(columns: Sequence[Column]) -> Mapping[str, _Wanted]:
    return {
        column.name: _Wanted(_kind(column), column.width is not None, column.name not in _OPTIONAL)
        for column in columns
    }


def _kind(column: Column) -> str:
    """What a column holds, whatever the length of its texts."""
    return "text" if column.dtype.startswith("S") else column.dtype


_SPECTRUM = eigenvalue_table("spectrum", "", 1).columns
_TRACKED = (STEP, Column("sharpness", ""), Column("residual", ""), Column("certified", "", dtype="int64"))
_REQUIRED: Mapping[str, Mapping[str, _Wanted]] = {
    **{table.name: _wanted(table.columns) for table in (TRAIN, FULL_BATCH, TEST, EVENTS)},
    **{name: _wanted(_SPECTRUM) for name in ("hessian", "gauss_newton", "jacobian_gram", "preconditioned")},
    "tracked": _wanted(_TRACKED),
}
"""By table, the columns that anything reads by their name."""


def misfit(table: Table) -> str:
    """What is wrong with a table of a name that viewers know, in words; empty where nothing is."""
    there = {column.name: column for column in table.columns}
    for name, wanted in _REQUIRED.get(table.name, {}).items():
        column = there.get(name)
        if column is None:
            if wanted.must:
                return f"table {table.name} has no column {name}"
            continue
        found = _kind(column), column.width is not None
        if found != (wanted.kind, wanted.wide):
            words = f"{_in_words(*found)}, not {_in_words(wanted.kind, wanted.wide)}"
            return f"column {name} of table {table.name} holds {words}"
    return ""


def _in_words(kind: str, wide: bool) -> str:
    return f"{'several' if wide else 'one'} {kind} a row"


def wrong_step(table: str, steps: npt.NDArray[np.int64]) -> str:
    """What is wrong with the steps of rows of a table that follow each other, (n,), in words; empty where nothing is.

    Those of events may go back: what is asked between two steps belongs to the next one, and may be told before what
    the last one brought.
    """
    if len(steps) and (steps.min() < 0 or steps.max() > LAST_STEP):
        outside = steps[(steps < 0) | (steps > LAST_STEP)][0]
        return f"step {outside} is none"
    back = np.flatnonzero(np.diff(steps) < 0)
    if not len(back) or table == EVENTS.name:
        return ""
    return f"step {steps[back[0] + 1]} comes after step {steps[back[0]]}"
