"""What a chart is to show, and where on it the steps lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from eostui.dashboard.widgets.ticks import window_span
from eostui.reading.axes import STEPS, Axis
from eostui.reading.trace import Mark, Trace


@dataclass(frozen=True)
class Dress:
    """What a picture over the steps looks like, whatever it shows.

    number: the key that chooses it, None where none does. focused: it has the focus. tints: the ground of a cell can be
    seen to have another colour. dragged: the steps, in either order, that the mouse is being dragged over.
    """

    number: int | None = None
    focused: bool = False
    tints: bool = True
    dragged: tuple[float, float] | None = None


@dataclass(frozen=True)
class View:
    """Everything that decides what a chart looks like, its size and its glyphs aside."""

    title: str
    traces: Sequence[Trace] = ()
    marks: Sequence[Mark] = ()
    x_range: tuple[float, float] | None = None
    axis: Axis = STEPS
    log: bool = False
    symmetric: bool = False
    """A linear value axis has zero in its middle."""
    cursor: float | None = None
    dress: Dress = Dress()

    def window(self) -> tuple[float, float] | None:
        """The first and the last step shown: `x_range`, or all that there is in a window that grows in jumps.

        None while there is nothing to show.
        """
        traces = [trace for trace in self.traces if len(trace.x)]
        if not traces:
            return None
        if self.x_range is not None:
            return some_width(*self.x_range)
        first, last = min(float(trace.x[0]) for trace in traces), max(float(trace.x[-1]) for trace in traces)
        return window_over(first, last, self.axis)


def some_width(start: float, stop: float) -> tuple[float, float]:
    """A window as it is, or a step wide around one that is a single step."""
    return (start, stop) if start < stop else (start - 0.5, start + 0.5)


def window_over(first: float, last: float, axis: Axis = STEPS) -> tuple[float, float]:
    """The window for samples from step `first` to step `last`; it grows in jumps of what the axis counts."""
    if not last > first:
        return first, first + 1.0
    if axis.kind in ("whole", "decades"):
        return first, first + window_span(last - first)
    start, stop = axis.forward([first, last])
    return first, max(float(axis.inverse(start + window_span(float(stop - start)))), last)


@dataclass(frozen=True)
class Area:
    """Where among the cells the plot lies, and which steps it shows."""

    left: int
    top: int
    width: int
    height: int
    start: float
    stop: float
    axis: Axis = STEPS

    @property
    def right(self) -> int:
        """The first column of cells after it."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row of cells after it."""
        return self.top + self.height

    def column(self, step: float) -> int | None:
        """The column of cells that shows `step`, None outside."""
        if not self.start <= step <= self.stop:
            return None
        start, stop = self._ends
        share = (float(self.axis.forward(step)) - start) / (stop - start)
        return self.left + min(int(share * self.width), self.width - 1)

    def step(self, column: float) -> float:
        """The step in the middle of a column of cells."""
        start, stop = self._ends
        share = (column - self.left + 0.5) / self.width
        return float(self.axis.inverse(start + share * (stop - start)))

    @cached_property
    def _ends(self) -> tuple[float, float]:
        """Where `start` and `stop` lie on the axis."""
        start, stop = self.axis.forward(np.array([self.start, self.stop]))
        return float(start), float(stop)
