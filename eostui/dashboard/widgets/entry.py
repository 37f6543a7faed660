"""A line of text to type into."""

from __future__ import annotations

from textual import events
from textual.widgets import Input


class Entry(Input):
    """An `Input` that takes keys in the order in which they were typed.

    Textual (8.2) inserts a character when it reaches the widget but deletes by a binding, which is looked up only
    after the key has travelled up to the app. Where keys arrive in a burst, as over a slow connection, a backspace
    would then take away what was typed after it: `2/20` could become `2`, and a step size that nobody chose be
    applied.
    """

    def on_key(self, event: events.Key) -> None:
        """Delete at once."""
        if event.key == "backspace":
            event.stop()
            event.prevent_default()
            self.action_delete_left()
