"""How often a run measures: as often as the settings ask, or as its share of the time allows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from eostui.config import Measuring
from eostui.store.events import CadenceAdapted

SMOOTHING = 0.3
"""The weight of a new duration in the moving average. The first duration has weight 1."""
ROOM = 0.7
"""Measuring becomes more frequent again only if it would then take at most this part of its share."""
FACTORS = [digit * 10**power for power in range(7) for digit in (1, 2, 3, 4, 5, 6, 8)]
"""The intervals between measurements that are tried, as multiples of the interval in the settings."""


class Cadence:
    """The steps with a measurement: `certified` ones every `--eig-every` steps, `tracked` ones by default at all steps.

    With `--measure-share` S, measuring becomes rarer where it would take more than the share S of the time. The share
    is estimated from the durations of updates and measurements. Certified measurements are as frequent as they could be
    if they were the only ones. Tracked measurements get the time that is left. The first certified measurement starts
    from nothing and takes longer than the others, so its duration does not count.
    """

    def __init__(self, settings: Measuring, *, tracks: bool) -> None:
        self._asked = settings.eig_every
        self._share = settings.measure_share
        self.tracks = tracks
        """Whether anything is measured at every step that takes time."""
        self.certified_every = settings.eig_every
        self.tracked_every = 1
        self._seconds: dict[str, float] = {}
        self._started = False

    def certified(self, step: int) -> bool:
        """Whether the certified instruments measure before update `step`."""
        return step % self.certified_every == 0

    def tracked(self, step: int) -> bool:
        """Whether the tracked instruments measure before update `step`."""
        return step % self.tracked_every == 0

    def affordable(self, measuring: float, elapsed: float) -> bool:
        """Whether the share still allows a measurement, after `measuring` of the `elapsed` seconds went into measuring.

        The duration of a measurement is known only afterwards. After one that took too long, measurements are left out
        until the share is kept again.
        """
        return self._share is None or measuring <= self._share * elapsed

    def took(self, what: str, seconds: float) -> None:
        """Note the duration of one `update`, or of one `certified` or `tracked` measurement."""
        if what == "certified" and not self._started:
            self._started = True
            return
        before = self._seconds.get(what, seconds)
        self._seconds[what] = before + SMOOTHING * (seconds - before)

    def adapted(self) -> CadenceAdapted | None:
        """Choose the intervals anew. Returns the event that reports a change; None where nothing changes."""
        if self._share is None or "update" not in self._seconds or "certified" not in self._seconds:
            return None
        chosen = self._chosen(self._share)
        if chosen == (self.certified_every, self.tracked_every):
            return None
        self.certified_every, self.tracked_every = chosen
        tracked = self.tracked_every if self.tracks else None
        return CadenceAdapted(self.certified_every, tracked, round(self._share_at(*chosen), 3), self._share)

    def _chosen(self, share: float) -> tuple[int, int]:
        """The intervals of certified and of tracked measurements with which measuring takes at most `share`."""
        intervals = [self._asked * factor for factor in FACTORS]
        certified = next(
            (every for every in intervals if self._fits(every, every, share, every < self.certified_every)),
            intervals[-1],
        )
        if not self.tracks:
            return certified, 1
        oftener = certified == self.certified_every
        tracked = next(
            (
                every
                for every in FACTORS
                if every < certified and self._fits(certified, every, share, oftener and every < self.tracked_every)
            ),
            certified,
        )
        return certified, tracked

    def _fits(self, certified: int, tracked: int, share: float, oftener: bool) -> bool:
        return self._share_at(certified, tracked) <= share * (ROOM if oftener else 1.0)

    def _share_at(self, certified: int, tracked: int) -> float:
        measuring = self._seconds["certified"] / certified
        if self.tracks:
            # At a step with a certified measurement, a tracked one takes no further time.
            measuring += self._seconds.get("tracked", 0.0) * (1 / tracked - 1 / math.lcm(tracked, certified))
        total = measuring + self._seconds["update"]
        return measuring / total if total > 0 else math.nan

    def state_dict(self) -> dict[str, Any]:
        """The average durations and the chosen intervals."""
        return {
            "certified_every": self.certified_every,
            "tracked_every": self.tracked_every,
            "seconds": dict(self._seconds),
            "started": self._started,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that `state_dict` gave."""
        self.certified_every, self.tracked_every = state["certified_every"], state["tracked_every"]
        self._seconds, self._started = dict(state["seconds"]), state["started"]
