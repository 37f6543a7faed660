"""The step size in force, how it is written, and the threshold that goes with it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

from eostui.reading.feed import Feed
from eostui.reading.numbers import NONE
from eostui.store.events import StepSizeChanged

SHORT = 4
"""Significant digits at most of a step size, or of the x of 2/x, that a person is taken to have typed."""


@dataclass(frozen=True)
class StepSize:
    """η and the stability threshold for it; `formula` is how that comes about, None where there is no threshold.

    `scheduled`: the run changes η by itself, until a new one is given.
    """

    lr: float
    threshold: float
    formula: str | None
    scheduled: bool = False

    @classmethod
    def of(cls, feed: Feed) -> Self:
        """Those of a feed's newest row, or of a change of η since then."""
        changes = [(event.step, event.what) for event in feed.events() if isinstance(event.what, StepSizeChanged)]
        lr, threshold = (feed.series["train"].last(name) for name in ("lr", "threshold"))
        if changes:
            step, change = changes[-1]
            if step >= feed.step:
                lr, threshold = change.lr, change.threshold
        formula = feed.threshold.formula if feed.threshold.exists else None
        schedule = feed.config.get("lr_schedule") or "constant"
        return cls(lr, threshold, formula, scheduled=schedule != "constant" and not changes)

    def threshold_at(self, lr: float) -> float:
        """The threshold for another η, about: it is proportional to 1/η, weight decay aside.

        NaN where the present one says nothing about it: η = 0 at the end of a schedule, where it is infinite.
        """
        return self.threshold * self.lr / lr if math.isfinite(self.threshold) else math.nan


def step_size_text(lr: float) -> str:
    """A step size as a person types it: 0.02, 2/12, and to six digits where neither is exact; a dash for NaN.

    `config.parse_step_size` reads it back: exactly but for the last kind.
    """
    if math.isnan(lr):
        return NONE
    decimal = f"{lr:.{SHORT}g}"
    if float(decimal) == lr:
        return decimal
    below = float(f"{2 / lr:.{SHORT}g}")
    return f"2/{below:.10g}" if 2 / below == lr else f"{lr:.6g}"
