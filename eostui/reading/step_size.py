"""The step size in force, and the threshold that goes with it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

from eostui.reading.feed import Feed
from eostui.store.events import StepSizeChanged


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
