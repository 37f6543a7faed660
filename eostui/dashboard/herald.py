"""What the terminal itself is told of a run, beside the picture: a title, a bell and a notification.

The sequences are those of xterm and iTerm2; a terminal that does not know one ignores it.
"""

from __future__ import annotations

import math

from eostui.reading.ending import ending_of
from eostui.reading.feed import Feed
from eostui.reading.happenings import EDGE, happenings_of
from eostui.reading.live import LiveFeed
from eostui.reading.present_sharpness import PresentSharpness
from eostui.store import clean_text

BEGIN = "\x1b[22;0t"
"""Has the terminal keep its title …"""
END = "\x1b]0;\x07\x1b[23;0t"
"""… and take it back, or an empty one where it kept none."""


def titled(text: str) -> str:
    """The sequence that gives the window a title."""
    return f"\x1b]0;{clean_text(text)}\x07"


def called(text: str) -> str:
    """The sequences that ring the bell and have the desktop show a notification, where the terminal passes it on."""
    return f"\x07\x1b]9;eostui: {clean_text(text)}\x07"


class Herald:
    """Finds out what is to be said of a run: each title where it is another one, each call once."""

    def __init__(self, feed: Feed, *, rings: bool) -> None:
        """rings: whether the user wants to be called; a saved run calls nobody."""
        self._feed = feed
        self._live = feed if isinstance(feed, LiveFeed) and rings else None
        self._title = ""
        self._begun = self._at_edge = self._over = False
        """Whether there were rows before, the edge had been reached by then, and the end has been told."""

    def news(self) -> str:
        """What to write to the terminal now; empty where nothing has changed."""
        title = _title_of(self._feed)
        said = "" if title == self._title else titled(title)
        self._title = title
        return said if self._live is None else said + "".join(map(called, self._calls(self._live)))

    def _calls(self, live: LiveFeed) -> list[str]:
        """What the user is called for: the edge, where it was not reached before the first look, and the end."""
        calls = []
        if live.step >= 0:
            edge = next((found.text for found in happenings_of(live) if found.kind == EDGE), "")
            if edge and self._begun and not self._at_edge:
                calls.append(f"{live.name}: {edge}")
            self._begun, self._at_edge = True, bool(edge)
        if live.over and not self._over:
            calls.append(ending_of(live))
        self._over = live.over
        return calls


def _title_of(feed: Feed) -> str:
    """The name of a run, and before it S ÷ threshold where there is one."""
    present = PresentSharpness.of(feed) if feed.series and feed.threshold.exists else None
    if present is None or math.isnan(present.ratio):
        return f"eostui {feed.name}"
    return f"eostui {present.ratio:.2f} {feed.name}"
