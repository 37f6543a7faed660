"""Where the loss of a run shoots up: an instability, from which it comes back, or not."""

from __future__ import annotations

import numpy as np

from eostui.reading.curves import has_numbers
from eostui.reading.feed import Feed
from eostui.reading.numbers import format_value
from eostui.reading.trace import Floats
from eostui.store import TRAIN

WITHIN = 10
"""Steps within which the loss shoots up; jumps that are no further apart are one."""
JUMP = 10
"""It does so where it is over this many times its lowest value of those steps."""


class LossJumps:
    """The jumps so far, found in the rows of `train` as these come; of minibatches none, whose losses differ anyway."""

    def __init__(self) -> None:
        self._rows = 0
        """How many rows of `train` have been searched."""
        self._last = -WITHIN - 1
        """The last row that belongs to a jump."""
        self._jumps: list[tuple[int, float]] = []
        """The first step and the factor of each."""

    def found(self, feed: Feed) -> list[tuple[int, str]]:
        """The step at which each jump began, and what it was."""
        train = feed.series.get(TRAIN.name)
        if train is not None and has_numbers(train, "loss", wide=False) and not feed.minibatch:
            context = max(self._rows - WITHIN, 0)
            factors = _factors(train["loss"][context:])[self._rows - context :]
            self._take(factors, train["step"])
            self._rows = train.shown
        return [(step, f"loss ×{format_value(factor, 2)} within {WITHIN} steps") for step, factor in self._jumps]

    def _take(self, factors: Floats, steps: np.ndarray) -> None:
        """Take in the factors, (n,), of the rows after those that have been searched."""
        over = np.flatnonzero(factors > JUMP)
        if not len(over):
            return
        begins = np.flatnonzero(np.diff(over, prepend=-WITHIN - 1) > WITHIN)
        heights = np.maximum.reduceat(factors[over], begins)
        rows = over + self._rows
        if rows[0] - self._last <= WITHIN and self._jumps:
            step, factor = self._jumps.pop()
            known = [(step, max(factor, float(heights[0])))]
        else:
            known = [(int(steps[rows[0]]), float(heights[0]))]
        rest = zip(steps[rows[begins[1:]]].tolist(), heights[1:].tolist(), strict=True)
        self._jumps += [*known, *rest]
        self._last = int(rows[-1])


def _factors(losses: Floats) -> Floats:
    """How many times its lowest value of the `WITHIN` rows before each loss is, (n,); 0 where that says nothing."""
    before = np.concatenate([np.full(WITHIN, np.inf), losses[:-1]])
    before[~(before > 0)] = np.inf
    lowest = np.lib.stride_tricks.sliding_window_view(before, WITHIN).min(axis=1) if len(losses) else losses
    factors: Floats = np.where(np.isfinite(losses), losses, 0.0) / lowest
    return factors
