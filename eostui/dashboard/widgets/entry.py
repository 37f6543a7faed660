"""A line of text to type into."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding
from textual.widgets import Input

_EDITING = ("cursor_", "delete_", "home", "end")
"""How the names of actions begin that move the place of writing, or delete."""


class Entry(Input):
    """An `Input` that takes keys in the order in which they were typed.

    Textual (8.2) inserts a character when it reaches the widget but deletes by a binding, which is looked up only
    after the key has travelled up to the app. Where keys arrive in a burst, as over a slow connection, a backspace
    would then take away what was typed after it: `2/20` could become `2`, and a step size that nobody chose be
    applied.
    """

    AT_ONCE: ClassVar[dict[str, str]] = {
        key: binding.action
        for binding in Input.BINDINGS
        if isinstance(binding, Binding) and binding.action.startswith(_EDITING)
        for key in binding.key.split(",")
    }
    """What a key does by itself, before the next one is looked at."""

    async def on_key(self, event: events.Key) -> None:
        """Edit at once."""
        if event.key in self.AT_ONCE:
            event.stop()
            event.prevent_default()
            await self.run_action(self.AT_ONCE[event.key])
