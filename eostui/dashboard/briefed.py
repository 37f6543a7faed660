"""What is told of a run that has no numbers yet."""

from __future__ import annotations

import math

from eostui.dashboard.widgets.briefing import Briefed, Stage
from eostui.durations import duration
from eostui.reading.feed import Feed
from eostui.reading.live import LiveFeed

_LEAVE = (
    "You need not wait. Press q and leave the training running; `eostui attach` brings you back, also from another "
    "terminal."
)


def briefed_of(feed: Feed) -> Briefed:
    """The stages of the start, what the run will cost, and that nobody has to wait."""
    paragraphs = []
    if feed.forecast:
        paragraphs.append(("What it costs", feed.forecast[0].upper() + feed.forecast[1:] + "."))
    paragraphs += [("", text) for text in feed.found]
    if feed.status in ("starting", "running"):
        paragraphs.append(("", _LEAVE))
    return Briefed(_stages(feed), tuple(paragraphs))


def _stages(feed: Feed) -> tuple[Stage, ...]:
    if feed.status not in ("starting", "running", "paused"):
        return (Stage(f"{feed.status} before step 0: there is nothing to draw", "next"),)
    if not isinstance(feed, LiveFeed):
        return ()
    phase = feed.phase
    left = f"{duration(phase.left)} left" if math.isfinite(phase.left) else f"for {duration(phase.elapsed)}"
    if feed.stage is None:
        return (Stage(phase.text or "starting", "now", phase.fraction, left),)
    now = Stage(phase.text or feed.stages[feed.stage], "now", phase.fraction, left)
    done = [Stage(name, "done") for name in feed.stages[: feed.stage]]
    return (*done, now, *(Stage(name, "next") for name in feed.stages[feed.stage + 1 :]))
