"""Where the sharpness of a run is now, and how well that is known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from eostui.reading.curves import has_numbers
from eostui.reading.feed import Feed
from eostui.reading.numbers import format_value
from eostui.reading.sharpness import sharpness_of


@dataclass(frozen=True)
class PresentSharpness:
    """The newest S of a run, certified or tracked.

    value: S at `step`; NaN where its measurement had no result.
    threshold: T in force at that step, NaN where there is none.
    ratio: r = S/T; NaN where either is not known, infinite where T is not positive.
    certified: whether the solver measured this value, with an error that can be relied on.
    doubtful: whether the solver's last measurement is one that is not certified.
    since: steps from the last certified measurement until the newest step of the run, None where there is none.
    error: of that measurement, in the unit of S; NaN where the run does not say.
    """

    value: float
    step: int
    threshold: float
    ratio: float
    certified: bool
    doubtful: bool
    since: int | None
    error: float

    @classmethod
    def of(cls, feed: Feed) -> Self | None:
        """That of a feed's visible rows; None where nothing has been measured."""
        known = sharpness_of(feed)
        if not len(known.steps):
            return None
        step, (solved, sure) = int(known.steps[-1]), _solved(feed)
        certified = solved[sure]
        at = int(certified[-1]) if len(certified) else None
        return cls(
            value=float(known.values[-1]),
            step=step,
            threshold=float(known.thresholds[-1]),
            ratio=float(known.ratios[-1]),
            certified=bool(known.certified[-1]),
            doubtful=len(sure) > 0 and not sure[-1],
            since=None if at is None else max(feed.step, step) - at,
            error=math.nan if at is None else _error(feed, at),
        )

    @property
    def text(self) -> str:
        """How well it is known: `certified 20 steps ago ±0.01`."""
        if self.since is None:
            return "not certified" if self.doubtful else "tracked, never certified"
        error = f" ±{format_value(self.error, 2)}" if math.isfinite(self.error) else ""
        steps = "step" if self.since == 1 else "steps"
        ago = f" {self.since:,} {steps} ago" if self.since else ""
        return f"certified{ago}{error}{', not certified since' * self.doubtful}"


def _solved(feed: Feed) -> tuple[np.ndarray, np.ndarray]:
    """The steps at which the solver measured S, (n,), and whether each of these can be relied on, (n,) bool."""
    table = feed.threshold.table
    if not has_numbers(feed.compared, "eigenvalues"):
        return np.empty(0, np.int64), np.empty(0, np.bool_)
    steps, _ = feed.column(table, "eigenvalues")
    sure = feed.certified(table)
    return steps, sure[len(sure) - len(steps) :]


def _error(feed: Feed, step: int) -> float:
    """The estimated error of the first eigenvalue measured at a step, or its residual, in a file without estimates."""
    rows = feed.compared
    if rows is None:
        return math.nan
    row = int(np.searchsorted(rows["step"], step))
    for column in ("errors", "residuals"):
        if has_numbers(rows, column) and row < rows.shown:
            error = float(np.ravel(rows[column][row])[0])
            if math.isfinite(error):
                return error
    return math.nan
