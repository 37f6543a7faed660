"""What a chart is to show, and where on it the steps lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eostui.dashboard.widgets.ticks import window_span
from eostui.reading.trace import Mark, Trace


@dataclass(frozen=True)
class View:
    """Everything that decides what a chart looks like, its size and its glyphs aside."""

    title: str
    traces: Sequence[Trace] = ()
    marks: Sequence[Mark] = ()
    x_range: tuple[float, float] | None = None
    log: bool = False
    symmetric: bool = False
    """A linear value axis has zero in its middle."""
    cursor: float | None = None

    def window(self) -> tuple[float, float] | None:
        """The first and the last step shown: `x_range`, or all that there is in a window that grows in jumps.

        None while there is nothing to show.
        """
        traces = [trace for trace in self.traces if len(trace.x)]
        if not traces:
            return None
        if self.x_range is not None:
            start, stop = self.x_range
            return (start, stop) if start < stop else (start - 0.5, start + 0.5)
        return window_over(min(float(trace.x[0]) for trace in traces), max(float(trace.x[-1]) for trace in traces))


def window_over(first: float, last: float) -> tuple[float, float]:
    """The window for samples from step `first` to step `last`."""
    return first, first + (window_span(last - first) if last > first else 1.0)


@dataclass(frozen=True)
class Area:
    """Where among the cells the plot lies, and which steps it shows."""

    left: int
    top: int
    width: int
    height: int
    start: float
    stop: float

    def column(self, step: float) -> int | None:
        """The column of cells that shows `step`, None outside."""
        if not self.start <= step <= self.stop:
            return None
        share = (step - self.start) / (self.stop - self.start)
        return self.left + min(int(share * self.width), self.width - 1)

    def step(self, column: int) -> float:
        """The step in the middle of a column of cells."""
        share = (column - self.left + 0.5) / self.width
        return self.start + share * (self.stop - self.start)
