"""The cycle of the sharpness that self-stabilization predicts (Damian, Nichani & Lee 2022, arXiv 2209.15594).

x, the oscillation along the top eigenvector, and y = S − 2/η, the sharpness above its threshold, go round by

    x ← −(1 + ηy)x,        y ← y + η(α − ½βx²).
"""

from __future__ import annotations

import math

import numpy as np

from eostui.reading.feed import Feed
from eostui.reading.trace import Trace
from eostui.store import TRAIN

STABILIZATION, OSCILLATION, HESSIAN = "self_stabilization", "oscillation", "hessian"
_MOST_STEPS = 2000


def predicted_cycle(feed: Feed) -> Trace | None:
    """S as predicted over the last cycle, from where it began up to now; None where the run does not measure it.

    It begins at the newest row of self-stabilization that is a period old, so that prediction and run stand beside each
    other. α, β, x and S are those that were measured there.
    """
    if not all(feed.has_rows(table) for table in (STABILIZATION, OSCILLATION, HESSIAN)):
        return None
    rows, last = feed.series[STABILIZATION], feed.step
    old = np.flatnonzero((rows["period"] > 0) & (rows["step"] + rows["period"] <= last))
    if not len(old):
        return None
    row = int(old[-1])
    step, period = int(rows["step"][row]), float(rows["period"][row])
    x, lr = _at(feed, OSCILLATION, "oscillation", step), _at(feed, TRAIN.name, "lr", step)
    sharpness = _at(feed, HESSIAN, "eigenvalues", step)
    if not all(map(math.isfinite, (x, sharpness, lr))):
        return None
    count = min(math.ceil(period), last - step, _MOST_STEPS)
    values = cycle(x, sharpness - 2 / lr, float(rows["alpha"][row]), float(rows["beta"][row]), lr, count) + 2 / lr
    return Trace("predicted cycle", np.arange(step, step + count + 1), values, "third", sparse=True, brief="cycle")


def cycle(x: float, y: float, alpha: float, beta: float, lr: float, steps: int) -> np.ndarray:
    """y now and after each of so many steps, (steps + 1,)."""
    values = np.empty(steps + 1)
    for step in range(steps + 1):
        values[step] = y
        x, y = -(1 + lr * y) * x, y + lr * (alpha - beta * x * x / 2)
    return values


def _at(feed: Feed, table: str, column: str, step: int) -> float:
    """The first value of a row of a step; NaN where there is none."""
    steps, values = feed.column(table, column)
    row = int(np.searchsorted(steps, step))
    if row == len(steps) or steps[row] != step:
        return math.nan
    return float(values[row, 0] if values.ndim > 1 else values[row])
