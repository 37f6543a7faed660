"""Which steps of a run the charts show: all of them, the last ones, or a stretch that was chosen."""

from __future__ import annotations

from dataclasses import dataclass

from eostui.dashboard.widgets.view import window_over

LASTS = (200, 1_000, 10_000, 100_000)
"""Numbers of last steps that a key goes through."""
NARROWEST = 4
"""Steps that a window has at least."""


@dataclass(frozen=True)
class Window:
    """The stretch of steps that is shown.

    stretch: the first and the last step; None for the whole run.
    follows: the window moves on with the newest step, as wide as it is.
    """

    stretch: tuple[float, float] | None = None
    follows: bool = True

    @property
    def whole(self) -> bool:
        """Whether the whole run is shown."""
        return self.stretch is None

    def over(self, first: float, newest: float) -> tuple[float, float]:
        """The first and the last step to show of a run from step `first` to step `newest`."""
        if self.stretch is None:
            return window_over(first, newest)
        start, stop = self.stretch
        if self.follows:
            start, stop = newest - (stop - start), newest
        return max(start, first), stop

    def last(self, count: int, newest: float) -> Window:
        """The last `count` steps, followed."""
        return Window((newest - count, newest))

    def zoomed(self, at: float, factor: float, first: float, newest: float) -> Window:
        """The window `factor` times as wide, with the step `at` where it is; the whole run where that is no less."""
        shown = self.over(first, newest)
        middle = min(max(at, shown[0]), shown[1])
        start, stop = (middle + factor * (edge - middle) for edge in shown)
        if stop - start < NARROWEST:
            centre = (start + stop) / 2
            start, stop = centre - NARROWEST / 2, centre + NARROWEST / 2
        return self._within(start, stop, first, newest, follows=self.follows and at >= newest)

    def panned(self, share: float, first: float, newest: float) -> Window:
        """The window moved by a share of its width, no further than the run reaches."""
        start, stop = self.over(first, newest)
        move = share * (stop - start)
        move = min(move, max(newest - stop, 0.0)) if share > 0 else max(move, min(first - start, 0.0))
        return Window((start + move, stop + move), follows=stop + move >= newest) if move else self

    def chosen(self, one: float, other: float, first: float, newest: float) -> Window:
        """The stretch between two steps, in either order."""
        start, stop = sorted((one, other))
        if stop - start < NARROWEST:
            return self
        return self._within(start, stop, first, newest, follows=stop >= newest)

    def showing(self, step: float, first: float, newest: float) -> Window:
        """The window moved just as far that `step` is in it, with some steps around."""
        start, stop = self.over(first, newest)
        if start <= step <= stop:
            return self
        width = stop - start
        start = max(step - width / 4, first)
        return Window((start, start + width), follows=False)

    def _within(self, start: float, stop: float, first: float, newest: float, *, follows: bool) -> Window:
        if start <= first and stop >= newest:
            return Window()
        if start < first:
            start, stop = first, min(stop + first - start, newest)
        if stop > newest:
            start, stop = max(start + newest - stop, first), newest
        return Window((start, stop), follows=follows or stop >= newest)
