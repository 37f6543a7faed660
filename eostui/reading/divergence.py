"""Why a run diverged, and which step size would have been stable."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from eostui.reading.curves import has_numbers
from eostui.reading.feed import Feed
from eostui.reading.numbers import format_value
from eostui.reading.series import Series, at_steps
from eostui.reading.sharpness import sharpness_of
from eostui.reading.threshold import Threshold
from eostui.store import TRAIN

WINDOW = 100
"""The last steps among which the lowest loss is taken for the last moment before the divergence."""


@dataclass(frozen=True)
class Before:
    """The newest finite S from before the loss began to grow: its step, and η and T at that step."""

    sharpness: float
    step: int
    lr: float
    level: float

    @property
    def stable_below(self) -> float:
        """The η under which the optimizer would have been stable at this S, by T ∝ 1/η; NaN where η was under it."""
        below = self.lr * self.level / self.sharpness if self.sharpness > 0 and self.level > 0 else math.nan
        return below if below <= self.lr else math.nan


@dataclass(frozen=True)
class Divergence:
    """The end of a run whose loss or gradient is no longer finite.

    step: where that is. what: which of the two. threshold: what T is. before: None where S was never known before.
    """

    step: int
    what: str
    threshold: Threshold
    before: Before | None

    @classmethod
    def of(cls, feed: Feed) -> Self | None:
        """That of a feed's visible rows; None where the newest row is finite."""
        train = feed.series.get(TRAIN.name)
        if train is None or not has_numbers(train, "loss", wide=False) or not train.shown:
            return None
        finite = math.isfinite(train.last("loss"))
        if finite and (not has_numbers(train, "grad_norm", wide=False) or math.isfinite(train.last("grad_norm"))):
            return None
        return cls(feed.step, "gradient" if finite else "loss", feed.threshold, _before(feed, train))

    @property
    def text(self) -> str:
        """In one line, without the step."""
        said, before = f"the {self.what} overflowed", self.before
        if before is None or not self.threshold.exists or self.threshold.reference:
            return said
        sharpness = f"{self.threshold.symbol} was {format_value(before.sharpness)} at step {before.step:,}"
        below = before.stable_below
        if math.isnan(below):
            return f"{said}. {sharpness}, below {self.threshold.formula} = {format_value(before.level)}"
        return f"{said}. {sharpness}: η must stay under {self._quotient(before)}{_floored(below)}"

    def _quotient(self, before: Before) -> str:
        """How the limit comes about, where the threshold is a number divided by η."""
        numerator, _, denominator = self.threshold.formula.rpartition("/")
        simple = denominator == "η" and "η" not in numerator
        return f"{numerator}/{format_value(before.sharpness)} = " if simple else ""


def _before(feed: Feed, train: Series) -> Before | None:
    losses, steps = train["loss"][-WINDOW:], train["step"][-WINDOW:]
    if not np.isfinite(losses).any() or not has_numbers(train, "lr", wide=False):
        return None
    lowest = steps[int(np.argmin(np.where(np.isfinite(losses), losses, np.inf)))]
    known = sharpness_of(feed)
    until = int(np.searchsorted(known.steps, lowest, side="right"))
    rows = np.flatnonzero(np.isfinite(known.values[:until]))[-1:]
    if not len(rows):
        return None
    (lr,) = at_steps(train, "lr", known.steps[rows])
    row = int(rows[0])
    return Before(float(known.values[row]), int(known.steps[row]), float(lr), float(known.thresholds[row]))


def _floored(value: float) -> str:
    """Three significant digits, never more than the value."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 2)
    return f"{math.floor(value / unit * (1 + 1e-12)) * unit:.3g}"
