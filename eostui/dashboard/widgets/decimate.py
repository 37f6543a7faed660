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

from eostui.reading.trace import Floats, Steps


@dataclass(frozen=True)
class Columns:
    """`count` equally wide columns over [start, stop]; each holds its left edge, the last one also `stop`."""

    start: float
    stop: float
    count: int

    @cached_property
    def edges(self) -> Floats:
        """(count + 1,) edges."""
        edges = np.linspace(self.start, self.stop, self.count + 1)
        edges[-1] = self.stop
        return edges

    @cached_property
    def _whole_edges(self) -> npt.NDArray[np.int64]:
        """The edges as whole steps: a whole x is at or after an edge if it is at or after its ceiling."""
        edges = np.ceil(self.edges)
        edges[-1] = np.floor(self.stop) + 1
        return edges.astype(np.int64)

    @property
    def width(self) -> float:
        return (self.stop - self.start) / self.count

    def position(self, x: float) -> float:
        """Where `x` lies, counted in columns from the left edge of the first one."""
        return (x - self.start) / (self.stop - self.start) * self.count

    def bounds(self, x: Steps) -> npt.NDArray[np.intp]:
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
        before, after: (position in columns, value) of the samples next to the columns on either side.
    """

    def __init__(self, columns: Columns, positive: bool) -> None:
        self.columns = columns
        self.positive = positive
        self.low, self.high, self.first, self.last = np.full((4, columns.count), np.nan)
        self.occupied, self.above, self.below = np.zeros((3, columns.count), dtype=np.bool_)
        self.before = self.after = (np.nan, np.nan)

    def fold(self, x: Steps, y: Floats) -> None:
        """Take in the samples that follow those already taken in."""
        bounds = self.columns.bounds(x)
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

    def look_outside(self, x: Steps, y: Floats) -> None:
        """Find the samples next to the columns in the whole series."""
        bounds = self.columns.bounds(x)
        self.before = self._neighbour(x, y, int(bounds[0]) - 1)
        self.after = self._neighbour(x, y, int(bounds[-1]))

    def _neighbour(self, x: Steps, y: Floats, index: int) -> tuple[float, float]:
        if not 0 <= index < len(x):
            return np.nan, np.nan
        value = y[index] if self._drawable(y[index : index + 1])[0] else np.nan
        return self.columns.position(float(x[index])), float(value)

    def _drawable(self, values: Floats) -> npt.NDArray[np.bool_]:
        finite = np.isfinite(values)
        return finite & (values > 0) if self.positive else finite


class Decimator:
    """The envelope of one growing series, brought up to date by its new samples alone.

    A series counts as grown if it is not shorter and its first and its last known sample are what they were;
    anything else, other columns or another axis is decimated anew.
    """

    def __init__(self) -> None:
        self._envelope: Envelope | None = None
        self._taken = 0
        self._witness = b""

    def update(self, x: Steps, y: Floats, columns: Columns, positive: bool) -> Envelope:
        """The envelope of the whole series; `positive` makes positive samples alone drawable."""
        envelope = self._envelope
        if (
            envelope is None
            or envelope.columns != columns
            or envelope.positive != positive
            or len(x) < self._taken
            or _witness(x, y, self._taken) != self._witness
        ):
            envelope = self._envelope = Envelope(columns, positive)
            self._taken = 0
        envelope.fold(x[self._taken :], y[self._taken :])
        envelope.look_outside(x, y)
        self._taken = len(x)
        self._witness = _witness(x, y, self._taken)
        return envelope


def _witness(x: Steps, y: Floats, count: int) -> bytes:
    """The first and the last of `count` samples, bit for bit, so that a NaN is equal to itself."""
    return b"".join(a[[0, count - 1]].tobytes() for a in (x, y)) if count else b""
