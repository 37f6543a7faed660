"""When a run was paused: that time counts in no speed and in no share."""

from __future__ import annotations

import math

import numpy as np

from eostui.reading.feed import Feed
from eostui.reading.trace import Floats
from eostui.store import Kind


def paused_until(feed: Feed, times: Floats) -> Floats:
    """The seconds for which a run had been paused by each of some times since its start, (n,), as far as is visible."""
    total = np.zeros(len(times))
    for begin, end in _pauses(feed):
        total += np.clip(times, begin, end) - begin
    return total


def _pauses(feed: Feed) -> list[tuple[float, float]]:
    """When each pause began and ended, in seconds since the start; the end of one that goes on is infinite."""
    found, began = [], math.nan
    for event in feed.events():
        if event.kind == Kind.PAUSE:
            began = event.time if math.isnan(began) else began
        elif event.kind == Kind.RESUME and began <= event.time:
            found.append((began, event.time))
            began = math.nan
    return found if math.isnan(began) else [*found, (began, math.inf)]
