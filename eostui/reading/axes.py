"""What the horizontal axis of a chart counts: steps, their logarithm, time, or how far the step sizes add up to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from eostui.reading.curves import has_numbers
from eostui.reading.feed import Feed
from eostui.reading.series import at_steps
from eostui.reading.trace import Floats, Steps
from eostui.store import TRAIN

_MOST_KNOTS = 4096

AxisName = Literal["step", "log-step", "time", "eta-step"]
AXES: tuple[AxisName, ...] = ("step", "log-step", "time", "eta-step")
"""The axes that there are, in the order in which a key goes through them."""


@dataclass(frozen=True, eq=False)
class Axis:
    """A function of the step that never falls, with how it is written. This one is the step itself.

    name: what programs call it. label: what stands beside its numbers. kind: how its numbers are chosen and written.
    """

    name: AxisName
    label: str
    kind: Literal["whole", "decades", "seconds", "plain"] = "whole"

    def forward(self, steps: npt.ArrayLike) -> Floats:
        """Where steps lie, in the units of the axis."""
        return np.asarray(steps, dtype=np.float64)

    def inverse(self, x: npt.ArrayLike) -> Floats:
        """Which steps, whole or not, lie at `x`."""
        return np.asarray(x, dtype=np.float64)


class LogAxis(Axis):
    """The logarithm of one more than the step, to the base ten: step 0 has a place, too."""

    def forward(self, steps: npt.ArrayLike) -> Floats:
        logarithms: Floats = np.log10(1 + np.maximum(np.asarray(steps, dtype=np.float64), 0.0))
        return logarithms

    def inverse(self, x: npt.ArrayLike) -> Floats:
        steps: Floats = 10.0 ** np.asarray(x, dtype=np.float64) - 1
        return steps


@dataclass(frozen=True, eq=False)
class TabulatedAxis(Axis):
    """A function known at some steps: straight between them, and with its mean slope beyond both ends."""

    steps: Floats = None  # type: ignore[assignment]
    """(n,) strictly increasing, n > 0."""
    values: Floats = None  # type: ignore[assignment]
    """(n,) strictly increasing."""

    def forward(self, steps: npt.ArrayLike) -> Floats:
        return _through(self.steps, self.values, np.asarray(steps, dtype=np.float64))

    def inverse(self, x: npt.ArrayLike) -> Floats:
        return _through(self.values, self.steps, np.asarray(x, dtype=np.float64))


STEPS = Axis("step", "step")
LOG_STEPS = LogAxis("log-step", "step", "decades")


def axis_of(name: AxisName, feed: Feed) -> Axis:
    """The axis of that name for the run of a feed: the steps where the run does not know what the axis counts."""
    if name == "log-step":
        return LOG_STEPS
    rows = feed.series.get(TRAIN.name)
    if name == "time" and rows is not None and has_numbers(rows, "time", wide=False):
        return _tabulated("time", "time", "seconds", rows["step"], rows["time"])
    if name == "eta-step" and rows is not None and has_numbers(rows, "lr", wide=False):
        return _tabulated("eta-step", "η·step", "plain", rows["step"], feed.own(_Sums).of(rows["step"], rows["lr"]))
    return STEPS


def places_of(name: AxisName, feed: Feed, steps: Steps) -> Floats:
    """Where steps, (n,), lie on an axis of that name for the run of a feed, (n,): each by itself, where the `Axis` of
    a long run is straight between some of them. NaN where the run does not say.
    """
    if name in ("step", "log-step"):
        return (LOG_STEPS if name == "log-step" else STEPS).forward(steps)
    rows = feed.series.get(TRAIN.name)
    if not has_numbers(rows, "time" if name == "time" else "lr", wide=False) or rows is None or not rows.shown:
        return np.full(len(steps), np.nan)
    if name == "time":
        return at_steps(rows, "time", steps)
    own, lr = rows["step"], rows["lr"]
    at = np.maximum(np.searchsorted(own, steps, side="right") - 1, 0)
    since = np.maximum(steps - own[at], 0)
    places: Floats = feed.own(_Sums).of(own, lr)[at] + np.nan_to_num(lr[at]) * since
    return places


class _Sums:
    """The sums of the step sizes of one run, added up once."""

    def __init__(self) -> None:
        self._sums = np.zeros(0)

    def of(self, steps: Steps, lr: Floats) -> Floats:
        """The sums over all updates before each step, (n,); a row stands for the steps up to the next."""
        known = len(self._sums)
        if len(steps) > known:
            first = max(known - 1, 0)
            fresh = np.nan_to_num(lr[first:-1]) * np.diff(steps[first:])
            begin = self._sums[-1:] if known else np.zeros(1)
            added = np.cumsum(np.concatenate([begin, fresh]))
            self._sums = np.concatenate([self._sums[:first], added])
        return self._sums[: len(steps)]


def _tabulated(
    name: AxisName,
    label: str,
    kind: Literal["seconds", "plain"],
    steps: Steps,
    values: Floats,
) -> Axis:
    """An axis through at most `_MOST_KNOTS` evenly spaced rows, which stay the same ones while the table doubles."""
    if len(steps) < 2:
        return STEPS
    stride = 1
    while len(steps) > stride * _MOST_KNOTS:
        stride *= 2
    rows = np.append(np.arange(0, len(steps) - 1, stride), len(steps) - 1)
    rows = rows[np.isfinite(values[rows])]
    highest = np.maximum.accumulate(values[rows])
    rises = np.diff(highest, prepend=-np.inf) > 0
    if rises.sum() < 2:
        return STEPS
    return TabulatedAxis(name, label, kind, steps[rows][rises].astype(np.float64), highest[rises])


def _through(known: Floats, values: Floats, at: Floats) -> Floats:
    with np.errstate(all="ignore"):  # a file from elsewhere may have any numbers, and one step for all
        slope = (values[-1] - values[0]) / (known[-1] - known[0])
        beyond = np.where(at < known[0], at - known[0], np.where(at > known[-1], at - known[-1], 0.0))
        through: Floats = np.interp(at, known, values) + slope * beyond
    return through
