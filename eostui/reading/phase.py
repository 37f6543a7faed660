"""What the chart of a plane shows: the path of the run, and what lies behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eostui.reading.bifurcation import KEPT, orbit
from eostui.reading.curves import has_numbers
from eostui.reading.feed import Feed
from eostui.reading.named_chart import NamedChart
from eostui.reading.trace import Floats, Steps
from eostui.store import TRAIN, PhaseChart

LEAST, MOST = 1.9, 2.7
"""The values of ηS that the diagram has at least."""
_FARTHEST = 4.0
_COLUMNS = 400


@dataclass(frozen=True, eq=False)
class Path:
    """Points in a plane, in the order of the steps that they were measured at.

    steps: (n,), nondecreasing. across, up: (n,), NaN where a value is missing.
    """

    steps: Steps
    across: Floats
    up: Floats


NOWHERE = Path(np.empty(0, np.int64), np.empty(0), np.empty(0))
"""No point."""


@dataclass(frozen=True)
class PhasePicture(NamedChart):
    """A chart of a plane, for the run of a feed."""

    chart: PhaseChart

    def drawable(self, feed: Feed) -> bool:
        """Whether the run has the columns that it needs."""
        return all(has_numbers(feed.series.get(self.table), column, wide=False) for column in self.chart.columns)

    def path(self, feed: Feed, over: tuple[float, float] | None = None) -> Path:
        """The points of a stretch of steps, of all steps without one."""
        steps, across = feed.column(self.table, self.chart.across)
        _, up = feed.column(self.table, self.chart.up)
        if over is None:
            return Path(steps, across, up)
        first, last = np.searchsorted(steps, over[0]), np.searchsorted(steps, over[1], side="right")
        return Path(steps[first:last], across[first:last], up[first:last])

    def backdrop(self, feed: Feed) -> Path:
        """What lies behind the path: points without steps of their own; none where nothing is known."""
        if self.chart.backdrop != "bifurcation" or feed.config.get("optimizer", "gd") != "gd":
            return NOWHERE
        if not has_numbers(feed.series.get(TRAIN.name), "lr", wide=False) or not feed.has_rows(TRAIN.name):
            return NOWHERE
        across = feed.column(self.table, self.chart.across)[1]
        across = across[np.isfinite(across)]
        low, high = float(across.min(initial=LEAST)), float(across.max(initial=MOST))
        lr = float(feed.column(TRAIN.name, "lr")[1][-1])
        return feed.own(_Diagram).of(lr, max(low, 0.0), min(high, _FARTHEST))

    def definition(self, feed: Feed) -> str:
        """What it shows, in words."""
        return self.chart.definition


class _Diagram:
    """The bifurcation diagram of one run, made once for a step size and a range."""

    def __init__(self) -> None:
        self._known: tuple[float, float, float] | None = None
        self._points = NOWHERE

    def of(self, lr: float, low: float, high: float) -> Path:
        """For values of ηS from `low` to `high`."""
        if self._known is not None and self._known[0] == lr and self._known[1] <= low and self._known[2] >= high:
            return self._points
        self._known = lr, low, high
        products = np.linspace(low, high, _COLUMNS)
        visited = orbit(lr, products)
        self._points = Path(np.zeros(visited.size, np.int64), products.repeat(KEPT), visited.ravel())
        return self._points
