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
    """The jumps so far, found in the rows of `train` as these come; of minibatches none, whose losses differ anyway.

    Each row is searched once: a replay that goes back and forth only looks at fewer and more of those found.
    """

    def __init__(self) -> None:
        self._rows = 0
        """How many rows of `train` have been searched."""
        self._over = np.empty(0, np.intp)
        """The rows at which the loss is high, and how many times its lowest value it is there, each (n,)."""
        self._factors: Floats = np.empty(0)

    def found(self, feed: Feed) -> list[tuple[int, str]]:
        """The step at which each jump began, and what it was."""
        train = feed.series.get(TRAIN.name)
        if train is None or not has_numbers(train, "loss", wide=False) or feed.minibatch:
            return []
        if train.shown > self._rows:
            self._search(train["loss"])
        count = int(np.searchsorted(self._over, train.shown))
        over, factors = self._over[:count], self._factors[:count]
        begins = np.flatnonzero(np.diff(over, prepend=-WITHIN - 1) > WITHIN)
        heights = np.maximum.reduceat(factors, begins) if count else factors
        steps = train["step"][over[begins]]
        jumps = zip(steps.tolist(), heights.tolist(), strict=True)
        return [(step, f"loss ×{format_value(factor, 2)} within {WITHIN} steps") for step, factor in jumps]

    def _search(self, losses: Floats) -> None:
        """Search the rows that have not been, of the losses, (n,), so far."""
        context = max(self._rows - WITHIN, 0)
        factors = _factors(losses[context:])[self._rows - context :]
        over = np.flatnonzero(factors > JUMP)
        self._over = np.concatenate([self._over, over + self._rows])
        self._factors = np.concatenate([self._factors, factors[over]])
        self._rows = len(losses)


def _factors(losses: Floats) -> Floats:
    """How many times its lowest value of the `WITHIN` rows before each loss is, (n,); 0 where that says nothing."""
    before = np.concatenate([np.full(WITHIN, np.inf), losses[:-1]])
    before[~(before > 0)] = np.inf
    lowest = _lowest(before, WITHIN)[: len(losses)]
    factors: Floats = np.where(np.isfinite(losses), losses, 0.0) / lowest
    return factors


def _lowest(values: Floats, within: int) -> Floats:
    """The lowest of each `within` values that follow each other, (n - within + 1,), in few passes."""
    width, lowest = 1, values
    while 2 * width <= within:
        lowest = np.minimum(lowest[:-width], lowest[width:])
        width *= 2
    rest = within - width
    return np.minimum(lowest[: len(lowest) - rest], lowest[rest:])
