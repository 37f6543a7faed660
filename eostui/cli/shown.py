"""What a figure shows of its runs: which steps, over what, and what the sharpness is divided by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from eostui.cli.x_axis import XAxis
from eostui.config import ConfigError
from eostui.reading.axes import places_of
from eostui.reading.feed import Feed
from eostui.reading.trace import Floats, Steps

LABELS = {XAxis.STEP: "step", XAxis.TIME: "time (s)", XAxis.ETA_STEP: "η · step"}
"""What stands below each."""


@dataclass(frozen=True)
class Shown:
    """The steps from `first` to `last`, both with them; None is the run's own end. `ratio`: S ÷ T instead of S."""

    first: int | None = None
    last: int | None = None
    x: XAxis = XAxis.STEP
    ratio: bool = False

    @classmethod
    def of(cls, steps: str | None, x: XAxis, ratio: bool) -> Self:
        """With the steps as `100:500`, `:500` or `100:`. Raises ConfigError for anything else."""
        first, last = (None, None) if steps is None else _ends(steps)
        return cls(first, last, x, ratio)

    def rows(self, steps: Steps) -> slice:
        """Those of some ascending steps, (n,), that are shown."""
        begin = 0 if self.first is None else int(np.searchsorted(steps, self.first))
        end = len(steps) if self.last is None else int(np.searchsorted(steps, self.last, side="right"))
        return slice(begin, end)

    def place(self, feed: Feed, steps: Steps) -> Floats:
        """Where some steps, (n,), are on the axis, (n,); NaN where the run does not say.

        On the axis of η · step that is Ση over all updates before a step, the time of the gradient flow.
        """
        return places_of(self.x.value, feed, steps)


def _ends(text: str) -> tuple[int | None, int | None]:
    first, colon, last = text.partition(":")
    try:
        ends = tuple(int(end.replace(",", "")) if end.strip() else None for end in (first, last))
    except ValueError:
        ends = (1, 0)
    low, high = ends
    if not colon or (low or 0) < 0 or (high is not None and high < (low or 0)):
        raise ConfigError(f"--steps: {text!r} is no range of steps; give 100:500, :500 or 100:")
    return low, high
