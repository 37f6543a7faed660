"""The one series of S, the eigenvalue that the threshold is for: everything that speaks of the sharpness reads it.

The solver certifies S at some steps, and between two of them it is tracked at a product a step. One row a step has the
solver's value where there is one and the tracked value elsewhere, with the threshold in force at that step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eostui.reading.curves import first_eigenvalue, has_numbers
from eostui.reading.feed import Feed
from eostui.reading.series import Series, at_steps, certified
from eostui.reading.trace import Floats
from eostui.store import STEP, TRAIN, Column, Table

_TABLE = Table(
    "sharpness",
    "S at every step at which it is known",
    (
        STEP,
        Column("value", "S"),
        Column("threshold", "the threshold in force, T"),
        Column("ratio", "S/T"),
        Column("solved", "1 where the solver measured, 0 where S is tracked", dtype="int64"),
        Column("certified", "1 where the solver measured and its error can be relied on", dtype="int64"),
    ),
)


Flags = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sharpness:
    """S at the visible steps at which it is known, oldest first.

    steps: (n,) int.
    values: (n,), NaN where the measurement had no result.
    thresholds: (n,), T in force at the steps, NaN where there is none.
    ratios: (n,), r = S/T; NaN where S or T is, infinite where T is not positive: no curvature is stable for a weight
        decay beyond 2/η, which leaves such a T.
    solved: (n,) int, 1 where the solver measured, 0 where S is tracked.
    certified: (n,) int, 1 where the solver measured and its error can be relied on, else 0.
    """

    steps: npt.NDArray[np.int64]
    values: Floats
    thresholds: Floats
    ratios: Floats
    solved: Flags
    certified: Flags


def sharpness_of(feed: Feed) -> Sharpness:
    """The S of a feed, as far as its rows are visible; empty where the run does not measure it.

    The arrays are views, valid until the feed has new rows.
    """
    return feed.own(_Merged).up_to_date(feed)


class _Merged:
    """The rows of both tables in one, merged anew from the first step of which there is anything new.

    Rows that go, as a replay goes back, are hidden and not merged again when they come back.
    """

    def __init__(self) -> None:
        self._rows = Series(_TABLE)
        self._seen: tuple[int, ...] = (0, 0, 0)
        """How many rows of each table are in the view."""
        self._merged: tuple[int, ...] = (0, 0, 0)
        """How many rows of each table have been merged."""
        self._known = self._view()

    def up_to_date(self, feed: Feed) -> Sharpness:
        """The series by now."""
        tables = _tables_of(feed)
        shown = tuple(0 if rows is None else rows.shown for rows in tables)
        if shown != self._seen:
            last = self._last_of_merged(tables, shown)
            if last is not None:
                self._rows.shown = int(np.searchsorted(self._rows.all("step"), last, side="right"))
            else:
                since = self._first_other_step(tables, shown)
                self._rows.length = 0 if since is None else int(np.searchsorted(self._rows.all("step"), since))
                self._rows.extend(_merged(tables, since, without_start=feed.threshold.table == "preconditioned"))
                self._merged = shown
            self._seen = shown
            self._known = self._view()
        return self._known

    def _view(self) -> Sharpness:
        rows = self._rows
        return Sharpness(
            rows["step"], rows["value"], rows["threshold"], rows["ratio"], rows["solved"], rows["certified"]
        )

    def _first_other_step(self, tables: _Tables, shown: tuple[int, ...]) -> int | None:
        """The first step of the rows that are new or have gone; None where a whole table has gone."""
        steps = []
        for rows, now, before in zip(tables, shown, self._merged, strict=True):
            if now == before:
                continue
            if rows is None:
                return None
            steps.append(int(rows.all("step")[min(now, before)]))
        return min(steps)

    def _last_of_merged(self, tables: _Tables, shown: tuple[int, ...]) -> int | None:
        """The newest visible step, if the merged rows up to it are just those that are visible; else None."""
        last = max((int(rows["step"][-1]) for rows in tables if rows is not None and rows.shown), default=None)
        if last is None:
            return None
        for rows, now, merged in zip(tables, shown, self._merged, strict=True):
            if now > merged or (rows is None and merged):
                return None
            if rows is not None and now < merged and int(rows.all("step")[now]) <= last:
                return None
        return last


_Tables = tuple[Series | None, Series | None, Series | None]
"""Where T, certified and tracked S come from, as far as the run has them."""


def _tables_of(feed: Feed) -> _Tables:
    train, solved, tracked = feed.series.get(TRAIN.name), feed.compared, feed.series.get("tracked")
    return (
        train if has_numbers(train, "threshold", wide=False) else None,
        solved if has_numbers(solved, "eigenvalues") else None,
        tracked if has_numbers(tracked, "sharpness", wide=False) else None,
    )


def _merged(tables: _Tables, since: int | None, *, without_start: bool) -> dict[str, np.ndarray]:
    """The columns of `_TABLE` from a step on, or from the first; `without_start`, step 0 has no preconditioner yet."""
    train, solved, tracked = tables
    first = max(since or 0, 1) if without_start else since
    at, found, sure = np.empty(0, np.int64), np.empty(0), np.empty(0, np.bool_)
    if solved is not None:
        rows = slice(_from(solved, first), None)
        at, found, sure = solved["step"][rows], first_eigenvalue(solved)[rows], certified(solved)[rows]
    between, estimates = np.empty(0, np.int64), np.empty(0)
    if tracked is not None:
        rows = slice(_from(tracked, first), None)
        between, estimates = tracked["step"][rows], tracked["sharpness"][rows]
    places = np.searchsorted(between, at)
    alone = places == np.searchsorted(between, at, side="right")
    steps, values = (
        np.insert(of_tracked, places[alone], of_solved[alone])
        for of_tracked, of_solved in ((between, at), (estimates, found))
    )
    there = places + np.cumsum(alone) - alone
    solved_flags, certified_flags = np.zeros((2, len(steps)), np.int64)
    values[there], solved_flags[there], certified_flags[there] = found, 1, sure
    thresholds: Floats = np.full(len(steps), np.nan) if train is None else at_steps(train, "threshold", steps)
    return {
        "step": steps,
        "value": values,
        "threshold": thresholds,
        "ratio": _ratios(values, thresholds),
        "solved": solved_flags,
        "certified": certified_flags,
    }


def _ratios(values: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    known = np.where(np.isnan(values), np.nan, np.inf)
    with np.errstate(over="ignore"):
        known[...] = np.divide(values, thresholds, out=known, where=~(thresholds <= 0))
    return known


def _from(rows: Series, step: int | None) -> int:
    """The first row that is not before a step."""
    return 0 if step is None else int(np.searchsorted(rows["step"], step))
