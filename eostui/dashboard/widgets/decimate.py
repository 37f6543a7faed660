"""Exact min/max decimation of a growing series to the columns of a chart.

No sample is dropped silently: every finite sample lies between the `low` and `high` of its column, and every
other one sets `above` or `below`. A column also keeps its first and last sample, from which the lines to its
neighbours are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from eostui.dashboard.widgets.blocks import Blocks, drawable
from eostui.reading.axes import STEPS, Axis
from eostui.reading.trace import Floats, Steps

LONG = 1 << 14
"""Samples within the columns beyond which blocks of them are looked at."""
_PAIRS = 15
"""Pairs of neighbouring samples that the middle of a column is taken from, at most."""


Bounds = npt.NDArray[np.intp]
"""(count + 1,) where in a series the samples of each column begin, and behind the last one where they end."""


@dataclass(frozen=True)
class Columns:
    """`count` columns over the steps [start, stop], equally wide on `axis`; each holds its left edge, the last one also
    `stop`."""

    start: float
    stop: float
    count: int
    axis: Axis = STEPS

    @cached_property
    def edges(self) -> Floats:
        """(count + 1,) edges, in steps."""
        edges = self.axis.inverse(np.linspace(*self._ends, self.count + 1))
        edges[0], edges[-1] = self.start, self.stop
        return edges

    @cached_property
    def _ends(self) -> tuple[float, float]:
        """Where `start` and `stop` lie on the axis."""
        start, stop = self.axis.forward([self.start, self.stop])
        return float(start), float(stop)

    @cached_property
    def _whole_edges(self) -> npt.NDArray[np.int64]:
        """The edges as whole steps: a whole x is at or after an edge if it is at or after its ceiling."""
        edges = np.ceil(self.edges)
        edges[-1] = np.floor(self.stop) + 1
        return edges.astype(np.int64)

    def position(self, step: float) -> float:
        """Where `step` lies, counted in columns from the left edge of the first one."""
        start, stop = self._ends
        return (float(self.axis.forward(step)) - start) / (stop - start) * self.count

    def bounds(self, x: Steps) -> Bounds:
        """(count + 1,) indices into `x`: column c holds x[bounds[c]:bounds[c + 1]]."""
        if np.issubdtype(x.dtype, np.integer):
            # Integer keys, since with float ones numpy would first copy all of x to float.
            return np.searchsorted(x, self._whole_edges.astype(x.dtype), side="left")
        bounds = np.searchsorted(x, self.edges, side="left")
        bounds[-1] = np.searchsorted(x, self.stop, side="right")
        return bounds


class Envelope:
    """What is left of a series in each of its columns; all arrays are (count,), NaN where there is nothing.

    Attributes:
        low, high: smallest and largest drawable sample.
        first, last: first and last sample, NaN where that one is not drawable.
        occupied: there is a sample, drawable or not.
        above: a sample is NaN or +Inf.
        below: a sample is -Inf or, if only positive ones are drawable, not positive.
        middle: median of the means (of positive samples, geometric means) of at most `_PAIRS` evenly spaced pairs of
            neighbouring samples: where a series swings from step to step, what it swings around. NaN where there are
            fewer than four samples or all are alike, and where one of those looked at is not drawable.
        before, after: (position in columns, value) of the samples next to the columns on either side.
    """

    def __init__(self, columns: Columns, positive: bool) -> None:
        self.columns = columns
        self.positive = positive
        self.low, self.high, self.first, self.last, self.middle = np.full((5, columns.count), np.nan)
        self.occupied, self.above, self.below = np.zeros((3, columns.count), dtype=np.bool_)
        self.before = self.after = (np.nan, np.nan)

    def fold_all(self, y: Floats, bounds: Bounds, blocks: Blocks) -> None:
        """Take in a whole series, of which `blocks` are, before any other sample."""
        filled = np.flatnonzero(bounds[1:] > bounds[:-1])
        if not filled.size:
            return
        begins, ends = bounds[filled], bounds[filled + 1]
        low, high, self.above[filled], self.below[filled] = blocks.within(y, begins, ends)
        self.low[filled], self.high[filled] = low, high
        for taken, samples in ((self.first, y[begins]), (self.last, y[ends - 1])):
            taken[filled] = np.where(self._drawable(samples), samples, np.nan)
        self.occupied[filled] = True

    def fold(self, y: Floats, bounds: Bounds) -> None:
        """Take in the samples that follow those already taken in; column c holds y[bounds[c]:bounds[c + 1]]."""
        filled = np.flatnonzero(bounds[1:] > bounds[:-1])
        if not filled.size:
            return
        begin, ends = bounds[filled[0]], bounds[filled + 1]
        offsets = bounds[filled] - begin  # filled columns follow each other without a gap in the samples
        values = y[begin : ends[-1]]
        drawable = self._drawable(values)
        if not drawable.all():
            below = ~drawable & (values <= 0)
            self.below[filled] |= np.logical_or.reduceat(below, offsets)
            self.above[filled] |= np.logical_or.reduceat(~drawable & ~below, offsets)
            values = np.where(drawable, values, np.nan)
        self.low[filled] = np.fmin(self.low[filled], np.fmin.reduceat(values, offsets))
        self.high[filled] = np.fmax(self.high[filled], np.fmax.reduceat(values, offsets))
        fresh = ~self.occupied[filled]
        self.first[filled[fresh]] = values[offsets[fresh]]
        self.last[filled] = values[ends - begin - 1]
        self.occupied[filled] = True

    def find_middles(self, y: Floats, bounds: Bounds, since: int) -> None:
        """Find the middles of the columns that have samples from number `since` on, in the whole series."""
        counts = np.diff(bounds)
        columns = np.flatnonzero((bounds[1:] > since) & (counts >= 4) & (self.low < self.high))
        if not columns.size:
            return
        places = np.linspace(0, 1, _PAIRS) * (counts[columns, np.newaxis] - 2)
        one = bounds[columns, np.newaxis] + places.astype(np.intp)
        pairs = np.stack([y[one], y[one + 1]])
        pairs[~self._drawable(pairs)] = np.nan
        means = np.sqrt(pairs[0]) * np.sqrt(pairs[1]) if self.positive else pairs[0] / 2 + pairs[1] / 2
        self.middle[columns] = np.sort(means, axis=1)[:, _PAIRS // 2]
        self.middle[columns[np.isnan(means).any(axis=1)]] = np.nan

    def look_outside(self, x: Steps, y: Floats, bounds: Bounds) -> None:
        """Find the samples next to the columns in the whole series."""
        self.before = self._neighbour(x, y, int(bounds[0]) - 1)
        self.after = self._neighbour(x, y, int(bounds[-1]))

    def _neighbour(self, x: Steps, y: Floats, index: int) -> tuple[float, float]:
        if not 0 <= index < len(x):
            return np.nan, np.nan
        value = y[index] if self._drawable(y[index : index + 1])[0] else np.nan
        return self.columns.position(float(x[index])), float(value)

    def _drawable(self, values: Floats) -> npt.NDArray[np.bool_]:
        return drawable(values, self.positive)


class Decimator:
    """The envelope of one growing series, brought up to date by its new samples alone.

    Of a long series in other columns the `Blocks` are looked at, not every sample.

    A series counts as grown if it is not shorter and its first, its last and its last finite known sample are what they
    were; anything else, other columns for the known samples or another value axis is decimated anew.
    """

    def __init__(self) -> None:
        self._envelope: Envelope | None = None
        self._taken = 0
        self._bounds: Bounds = np.empty(0, np.intp)
        self._finite = 0
        """The last known sample that is finite: a series may begin and end with NaN."""
        self._witness = b""
        self._blocks = {positive: Blocks(positive) for positive in (False, True)}

    def update(self, x: Steps, y: Floats, columns: Columns, positive: bool) -> Envelope:
        """The envelope of the whole series; `positive` makes positive samples alone drawable."""
        envelope, bounds = self._envelope, columns.bounds(x)
        if (
            envelope is None
            or envelope.positive != positive
            or len(x) < self._taken
            or self._witnessed(x, y, self._taken) != self._witness
            # Whether samples lie in the same columns as before: an axis that grows with the run moves later ones alone.
            or not np.array_equal(np.minimum(bounds, self._taken), self._bounds)
        ):
            envelope = self._envelope = Envelope(columns, positive)
            self._taken = self._finite = 0
        envelope.columns = columns
        if not self._taken and bounds[-1] - bounds[0] > LONG:
            blocks = self._blocks[positive]
            blocks.take(y)
            envelope.fold_all(y, bounds, blocks)
        else:
            envelope.fold(y[self._taken :], np.maximum(bounds - self._taken, 0))
        envelope.find_middles(y, bounds, self._taken)
        envelope.look_outside(x, y, bounds)
        self._finite = max(self._finite, _last_finite(y, self._taken))
        self._taken, self._bounds = len(x), bounds
        self._witness = self._witnessed(x, y, self._taken)
        return envelope

    def _witnessed(self, x: Steps, y: Floats, count: int) -> bytes:
        """Those three of `count` samples, bit for bit, so that a NaN is equal to itself."""
        return b"".join(a[[0, self._finite, count - 1]].tobytes() for a in (x, y)) if count else b""


def _last_finite(y: Floats, since: int) -> int:
    """The last sample from number `since` on that is finite, 0 where none is."""
    stop, count = len(y), 64
    while stop > since:
        start = max(stop - count, since)
        places = np.flatnonzero(np.isfinite(y[start:stop]))
        if places.size:
            return start + int(places[-1])
        stop, count = start, 8 * count
    return 0
