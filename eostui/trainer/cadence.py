"""How often a run measures: as often as it was asked to, or as its share of the time allows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from eostui.config import Measuring
from eostui.store.events import CadenceAdapted

SMOOTHING = 0.3
"""How much of a new duration goes into what is reckoned with; the first one counts whole."""
ROOM = 0.7
"""Measuring becomes more frequent again only where it would then take less than this part of its share."""
FACTORS = [digit * 10**power for power in range(7) for digit in (1, 2, 3, 4, 5, 6, 8)]
"""How many times rarer than asked."""


class Cadence:
    """At which steps is measured: `certified` at those for `--eig-every`, `tracked` by the every-step instruments.

    With `--measure-share` S it reckons, from how long updates and measurements have taken, what share of the time
    measuring takes, and makes it rarer where that is more than S: certified measurements are as frequent as they can
    be alone, and tracked ones take what is left. The first certified measurement starts from nothing; what it takes
    says little of the others, and is left out.
    """

    def __init__(self, settings: Measuring, *, tracks: bool) -> None:
        self._asked = settings.eig_every
        self._share = settings.measure_share
        self._tracks = tracks
        self.certified_every = settings.eig_every
        self.tracked_every = 1
        self._seconds: dict[str, float] = {}
        self._started = False

    def certified(self, step: int) -> bool:
        """Whether the instruments measure before update `step`."""
        return step % self.certified_every == 0

    def tracked(self, step: int) -> bool:
        """Whether the every-step instruments do."""
        return step % self.tracked_every == 0

    def affordable(self, measuring: float, elapsed: float) -> bool:
        """Whether the share is not used up by the `measuring` of so many seconds that have `elapsed`.

        How long a measurement takes is known only afterwards: one that would be too much is left out until the others
        have been made up for.
        """
        return self._share is None or measuring <= self._share * elapsed

    def took(self, what: str, seconds: float) -> None:
        """How long one `update`, one `certified` or one `tracked` measurement has just taken."""
        if what == "certified" and not self._started:
            self._started = True
            return
        before = self._seconds.get(what, seconds)
        self._seconds[what] = before + SMOOTHING * (seconds - before)

    def adapted(self) -> CadenceAdapted | None:
        """Choose anew; what there is to say where that changes something, else None."""
        if self._share is None or "update" not in self._seconds or "certified" not in self._seconds:
            return None
        chosen = self._chosen(self._share)
        if chosen == (self.certified_every, self.tracked_every):
            return None
        self.certified_every, self.tracked_every = chosen
        tracked = self.tracked_every if self._tracks else None
        return CadenceAdapted(self.certified_every, tracked, round(self._share_at(*chosen), 3), self._share)

    def _chosen(self, share: float) -> tuple[int, int]:
        """The intervals of certified and of tracked measurements that take no more than `share`."""
        intervals = [self._asked * factor for factor in FACTORS]
        certified = next(
            (every for every in intervals if self._fits(every, every, share, every < self.certified_every)),
            intervals[-1],
        )
        if not self._tracks:
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
        if self._tracks:
            # Where a certified measurement is, a tracked one takes no time of its own.
            measuring += self._seconds.get("tracked", 0.0) * (1 / tracked - 1 / math.lcm(tracked, certified))
        total = measuring + self._seconds["update"]
        return measuring / total if total > 0 else math.nan

    def state_dict(self) -> dict[str, Any]:
        """What is reckoned with, and what was chosen."""
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
