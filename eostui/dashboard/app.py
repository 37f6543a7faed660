"""The Textual app around a feed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.screen import Screen

from eostui.dashboard.palette import PALETTES, THEMES, PaletteName, stylesheet, variables_of
from eostui.dashboard.screens.live import LiveScreen
from eostui.dashboard.screens.replay import ReplayScreen
from eostui.dashboard.screens.watch import WatchScreen
from eostui.reading.feed import Feed
from eostui.reading.live import LiveFeed
from eostui.reading.replay import ReplayFeed
from eostui.streams import can_show

ENDING = (signal.SIGTERM, signal.SIGHUP)
LAST_WISHES = 5.0
"""Seconds that the dashboard has to put the terminal back once a signal asks it to end."""


class Dashboard(App[None]):
    """Shows one feed, until the user leaves."""

    TITLE = "eostui"
    CSS_PATH = "eostui.tcss"
    CSS = stylesheet()
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,ctrl+q", "leave", "quit", show=False, priority=True, system=True),
    ]

    palette: reactive[PaletteName] = reactive[PaletteName](PALETTES[0], init=False)
    """Which colours curves and words have, within what the theme leaves open."""

    def __init__(self, feed: LiveFeed | ReplayFeed) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name
        self.feed: Feed = feed
        self.ended_by: signal.Signals | None = None
        """The signal that made the dashboard leave, where it was one."""
        self._is_ready = False
        self._watch: WatchScreen = LiveScreen(feed) if isinstance(feed, LiveFeed) else ReplayScreen(feed)

    def get_default_screen(self) -> Screen[None]:
        return self._watch

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variables_of(self.current_theme, self.palette)

    def watch_palette(self) -> None:
        self.refresh_css(animate=False)

    def on_load(self) -> None:
        """Before the terminal is touched: what it can show, and that a signal which asks this program to end has it put
        everything back first."""
        if not self.is_headless:
            if sys.__stderr__ is not None and not can_show("⣿█η", sys.__stderr__):
                self._watch.glyphs = "ascii"
            loop = asyncio.get_running_loop()
            for number in ENDING:
                if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup` has SIGHUP ignored
                    loop.add_signal_handler(number, self._end, number)

    def _end(self, number: signal.Signals) -> None:
        """Leave as somebody does who leaves the training running."""
        if self.ended_by is None:
            self.ended_by = number
            # a terminal that is gone can keep Textual waiting for it for ever
            timer = threading.Timer(LAST_WISHES, os._exit, [128 + number])
            timer.daemon = True
            timer.start()
            if self._is_ready:
                self.exit()

    def on_ready(self) -> None:
        """Everything is there, and may go again."""
        self._is_ready = True
        if self.ended_by is not None:
            self.exit()

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
