"""The Textual app around a feed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from eostui.dashboard.feed import Feed
from eostui.dashboard.live import LiveFeed
from eostui.dashboard.replay import ReplayFeed
from eostui.dashboard.screens.live import LiveScreen
from eostui.dashboard.screens.replay import ReplayScreen
from eostui.dashboard.screens.watch import WatchScreen


class Dashboard(App[None]):
    """Shows one feed, until the user leaves."""

    TITLE = "eostui"
    CSS_PATH = "eostui.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,ctrl+q", "leave", "quit", show=False, priority=True, system=True),
    ]

    def __init__(self, feed: LiveFeed | ReplayFeed) -> None:
        super().__init__()
        self.feed: Feed = feed
        self._watch: WatchScreen = LiveScreen(feed) if isinstance(feed, LiveFeed) else ReplayScreen(feed)

    def get_default_screen(self) -> Screen[None]:
        return self._watch

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The keys of the watching screen, by name, then Textual's own."""
        if isinstance(screen, WatchScreen):
            for binding in screen.own_bindings():
                run = partial(screen.run_action, binding.action)
                yield SystemCommand(binding.description.capitalize(), binding.tooltip, run)
        yield from super().get_system_commands(screen)

    async def action_leave(self) -> None:
        """Ctrl-C means what `q` means; a second one, while the question is open, leaves the training running."""
        if self.screen is self._watch:
            await self._watch.run_action("leave" if isinstance(self._watch, LiveScreen) else "app.quit")
        else:
            self.exit()
