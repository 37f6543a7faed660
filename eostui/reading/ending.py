"""What a shell says of a run whose training is over."""

from __future__ import annotations

from eostui.reading.divergence import Divergence
from eostui.reading.live import LiveFeed
from eostui.reading.numbers import step_text


def ending_of(feed: LiveFeed) -> str:
    """In one line how a training ended, at which step and why, and how to watch it again, where it left a run.

    The feed is over, by its trainer's last word or without one.
    """
    if feed.ended is None:
        return feed.demise
    if feed.status not in ("finished", "stopped", "diverged"):
        return feed.ended.text
    where = f"at {step_text(feed.step)}" if feed.step >= 0 else step_text(feed.step)
    divergence = Divergence.of(feed) if feed.status == "diverged" else None
    why = f": {divergence.text}" if divergence else ""
    return f"{feed.name}: {feed.status} {where}{why}; watch again: eostui replay {feed.place}"
