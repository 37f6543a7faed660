"""How far a run is, how fast it goes, and how long it will take."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from eostui.durations import duration
from eostui.reading.curves import has_numbers
from eostui.reading.feed import Feed
from eostui.reading.pauses import paused_until
from eostui.reading.trace import Floats
from eostui.store import TRAIN

RECENT_STEPS = 200
"""The speed is that of these last steps: over several measurements, as they come by default …"""
RECENT_SECONDS = 30.0
"""… or of the last so many seconds, where these have more steps."""

_TIMING = ("time", "steps_per_second", "measuring_share")
"""The columns of the table `timing`."""


@dataclass(frozen=True)
class Progress:
    """How far a run is at its newest visible row.

    step: of that row, -1 before the first.
    total: the steps of the whole run, None where it ends by another goal or not at all.
    rate: steps a second of the recent past, time paused left out; NaN where fewer than two rows are there.
    measuring: share of that time that went into measuring; NaN where the run does not say.
    """

    step: int
    total: int | None
    rate: float
    measuring: float

    @classmethod
    def of(cls, feed: Feed) -> Self:
        """That of a feed."""
        steps = feed.config.get("steps")
        total = steps if isinstance(steps, int) and steps > 0 else None
        return cls(feed.step, total, _rate(feed), _measuring(feed))

    @property
    def left(self) -> float:
        """Seconds to the end at this speed; NaN where that is not known."""
        if self.total is None or not self.rate > 0:
            return math.nan
        return max(self.total - 1 - self.step, 0) / self.rate

    @property
    def text(self) -> str:
        """The time left in words: `6 min left`; empty where it is not known."""
        return f"{duration(self.left)} left" if math.isfinite(self.left) else ""


def _rate(feed: Feed) -> float:
    rows = feed.series.get(TRAIN.name)
    if rows is None or not has_numbers(rows, "time", wide=False) or rows.shown < 2:
        return math.nan
    long_ago = int(np.searchsorted(rows["time"], rows["time"][-1] - RECENT_SECONDS))
    recent = slice(max(min(long_ago, rows.shown - 1 - RECENT_STEPS), 0), None)
    times = rows["time"][recent][[0, -1]]
    passed = float(np.diff(times - paused_until(feed, times))[0])
    return float(rows["step"][-1] - rows["step"][recent][0]) / passed if passed > 0 else math.nan


def _measuring(feed: Feed) -> float:
    """Of the rows of `timing` within the last `RECENT_SECONDS` or `RECENT_STEPS`, or of the newest."""
    if not all(has_numbers(feed.series.get("timing"), column, wide=False) for column in _TIMING):
        return math.nan
    shares, rows = shares_measuring(feed), feed.series["timing"]
    if not len(shares):
        return math.nan
    since = min(
        int(np.searchsorted(rows["time"], rows["time"][-1] - RECENT_SECONDS, side="right")),
        int(np.searchsorted(rows["step"], rows["step"][-1] - RECENT_STEPS, side="right")),
        len(shares) - 1,
    )
    weights = np.diff(rows["step"], prepend=0)[since:] / speeds(feed)[since:]
    known = np.isfinite(weights) & np.isfinite(shares[since:]) & (weights > 0)
    return float(np.average(shares[since:][known], weights=weights[known])) if known.any() else math.nan


def speeds(feed: Feed) -> Floats:
    """Steps a second before each visible row of `timing`, (n,), time paused left out."""
    rows = feed.series["timing"]
    told: Floats = rows["steps_per_second"].copy()
    if not has_numbers(rows, "time", wide=False):
        return told
    running = rows["time"] - paused_until(feed, rows["time"])
    with np.errstate(divide="ignore", invalid="ignore"):
        told[1:] = np.diff(rows["step"]) / np.diff(running)
    told[~np.isfinite(told)] = np.nan
    return told


def shares_measuring(feed: Feed) -> Floats:
    """The share of the time before each visible row of `timing` that went into measuring, (n,), pauses left out."""
    rows = feed.series["timing"]
    with np.errstate(divide="ignore", invalid="ignore"):
        shares: Floats = rows["measuring_share"] * (speeds(feed) / rows["steps_per_second"])
    return shares


class PhaseClock:
    """How long the present phase of a start has been going on, and how long it will take.

    A phase is known by its text as far as a colon, behind which is counted. `fraction`, from 0 to 1, is how far the
    phase is, None where nobody knows.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.text = ""
        self.fraction: float | None = None
        self._began = self._moved = clock()
        self._first = 0.0
        """The fraction when the phase was first heard of: a viewer may come late."""

    def take(self, text: str, fraction: float | None) -> None:
        """Take in what the trainer says."""
        now = self._clock()
        if _name(text) != _name(self.text):
            self._began, self._first = now, fraction or 0.0
        if text != self.text or fraction != self.fraction:
            self._moved = now
        self.text, self.fraction = text, fraction

    @property
    def elapsed(self) -> float:
        """Seconds since the phase was first heard of."""
        return self._clock() - self._began

    @property
    def left(self) -> float:
        """Seconds until its end, if it goes on as until now; NaN where nobody knows how far it is."""
        done = (self.fraction or 0.0) - self._first
        took = self._moved - self._began
        if self.fraction is None or done <= 0 or took <= 0:
            return math.nan
        return max((1 - self.fraction) * took / done - (self._clock() - self._moved), 0.0)


def _name(text: str) -> str:
    return text.partition(":")[0]
