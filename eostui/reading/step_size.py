"""The step size in force, how it is written, and the threshold that goes with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from eostui.config import as_typed, typed_in, typed_text
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
        lr = told_by(feed, lr)
        formula = feed.threshold.formula if feed.threshold.exists else None
        schedule = feed.config.get("lr_schedule") or "constant"
        return cls(lr, threshold, formula, scheduled=schedule != "constant" and not changes)

    def threshold_at(self, lr: float) -> float:
        """The threshold for another η, about: it is proportional to 1/η, weight decay aside.

        NaN where the present one says nothing about it: η = 0 at the end of a schedule, where it is infinite.
        """
        return self.threshold * self.lr / lr if math.isfinite(self.threshold) else math.nan


class _Told:
    """The step sizes that somebody has typed for a run, by what they are."""

    def __init__(self) -> None:
        self._config: Mapping[str, Any] | None = None
        self._events = 0
        self._typed: dict[float, float] = {}

    def up_to_date(self, feed: Feed) -> Mapping[float, float]:
        """All of them by now, each as it was typed last. Those behind the moment that a replay shows stay known."""
        if feed.config is not self._config:
            self._config, self._events = feed.config, 0
            self._typed = {lr: lr for lr in typed_in(feed.config) if typed_text(lr)}
        events = feed.events()
        for event in events[self._events :]:
            if isinstance(event.what, StepSizeChanged) and typed_text(lr := as_typed(event.what.lr, event.what.typed)):
                self._typed[lr] = lr
        self._events = len(events)
        return self._typed


def told_by(feed: Feed, lr: float) -> float:
    """A step size of a run; it remembers how it was typed, where it was."""
    return feed.own(_Told).up_to_date(feed).get(lr, lr)


def times(lr: float, factor: float) -> float:
    """A step size times a factor, written like it: twice 2/8 is 2/4."""
    numerator, slash, denominator = typed_text(lr).partition("/")
    return as_typed(lr * factor, f"{numerator}/{float(denominator) / factor:.10g}" if slash else None)


def step_size_text(lr: float) -> str:
    """A step size as it was typed, or else as a person types it: 0.02, 2/12, and to six digits where neither is exact;
    a dash for NaN.

    `config.parse_step_size` reads it back: exactly but for the last kind.
    """
    if math.isnan(lr):
        return NONE
    if text := typed_text(lr):
        return text
    decimal = f"{lr:.{SHORT}g}"
    if float(decimal) == lr:
        return decimal
    below = float(f"{2 / lr:.{SHORT}g}")
    return f"2/{below:.10g}" if 2 / below == lr else f"{lr:.6g}"
