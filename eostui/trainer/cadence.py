"""How often a run measures: as often as it was asked to, or as its share of the time allows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from eostui.config import RunConfig

SMOOTHING = 0.3
"""How much of a new duration goes into what is reckoned with; the first one counts whole."""
ROOM = 0.7
"""Measuring becomes more frequent again only where it would then take less than this part of its share."""


class Cadence:
    """At which steps is measured: `certified` at those for `--eig-every`, `tracked` by the every-step instruments.

    With `--measure-share` S it reckons, from how long updates and measurements have taken, what share of the time
    measuring takes, and halves (1, 1/2, 1/5, 1/10, …) how often: first the every-step instruments, then, where these
    alone do not make it, the certified measurements.
    """

    def __init__(self, config: RunConfig, *, tracks: bool) -> None:
        self._asked = config.eig_every
        self._share = config.measure_share
        self._tracks = tracks
        self.certified_every = config.eig_every
        self.tracked_every = 1
        self._seconds: dict[str, float] = {}

    def certified(self, step: int) -> bool:
        """Whether the instruments measure before update `step`."""
        return step % self.certified_every == 0

    def tracked(self, step: int) -> bool:
        """Whether the every-step instruments do."""
        return step % self.tracked_every == 0

    def took(self, what: str, seconds: float) -> None:
        """How long one `update`, one `certified` or one `tracked` measurement has just taken."""
        before = self._seconds.get(what, seconds)
        self._seconds[what] = before + SMOOTHING * (seconds - before)

    def adapted(self) -> dict[str, Any] | None:
        """Choose anew; the detail of an event where that changes something, else None."""
        if self._share is None or "update" not in self._seconds or "certified" not in self._seconds:
            return None
        present = self.certified_every, self.tracked_every
        chosen = next((pair for pair in self._choices() if self._fits(pair, present)), present)
        if chosen == present:
            return None
        self.certified_every, self.tracked_every = chosen
        detail = (
            {"eig_every": self.certified_every, "tracked_every": self.tracked_every}
            if self._tracks
            else {"eig_every": self.certified_every}
        )
        return {**detail, "share": round(self._share_at(chosen), 3), "allowed": self._share}

    def _choices(self) -> Iterator[tuple[int, int]]:
        """Pairs of intervals, from the most frequent to the rarest."""
        rarer = [mantissa * 10**power for power in range(7) for mantissa in (1, 2, 5)]
        if self._tracks:
            yield from ((self._asked, tracked) for tracked in rarer if tracked < self._asked)
        yield from ((self._asked * factor, self._asked * factor if self._tracks else 1) for factor in rarer)

    def _fits(self, pair: tuple[int, int], present: tuple[int, int]) -> bool:
        assert self._share is not None  # `adapted` saw to that
        more_frequent = pair[0] <= present[0] and pair[1] <= present[1] and pair != present
        return self._share_at(pair) <= self._share * (ROOM if more_frequent else 1.0)

    def _share_at(self, pair: tuple[int, int]) -> float:
        certified, tracked = pair
        measuring = self._seconds["certified"] / certified
        if self._tracks:
            # Where a certified measurement is, a tracked one takes no time of its own.
            measuring += self._seconds.get("tracked", 0.0) * (1 / tracked - 1 / math.lcm(tracked, certified))
        total = measuring + self._seconds["update"]
        return measuring / total if total > 0 else math.nan
