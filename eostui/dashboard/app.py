"""The Textual app around a feed."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.screen import Screen

from eostui.dashboard.keymap import keymap_of
from eostui.dashboard.palette import PALETTES, THEMES, PaletteName, stylesheet, variables_of
from eostui.dashboard.screens.compare import CompareScreen
from eostui.dashboard.screens.live import LiveScreen
from eostui.dashboard.screens.looking import LookingScreen
from eostui.dashboard.screens.replay import ReplayScreen
from eostui.dashboard.settings import Preferences, SettingsError, save_choice
from eostui.dashboard.textual_private import FrugalApp
from eostui.reading.feed import Feed
from eostui.reading.live import LiveFeed
from eostui.reading.replay import ReplayFeed

ENDING = (signal.SIGTERM, signal.SIGHUP)
LAST_WISHES = 5.0
"""Seconds that the dashboard has to put the terminal back once a signal asks it to end."""


class Dashboard(FrugalApp[None]):
    """Shows one feed, until the user leaves."""

    TITLE = "eostui"
    CSS_PATH = "eostui.tcss"
    CSS = stylesheet()
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,ctrl+q", "leave", "quit", show=False, priority=True, system=True),
        Binding("ctrl+l", "redraw", "redraw", show=False, system=True),
    ]

    palette: reactive[PaletteName] = reactive[PaletteName](PALETTES[0], init=False)
    """Which colours curves and words have, within what the theme leaves open."""

    def __init__(self, feed: LiveFeed | ReplayFeed | Sequence[Feed], preferences: Preferences | None = None) -> None:
        super().__init__()
        self.preferences = preferences or Preferences()
        self.ended_by: signal.Signals | None = None
        """The signal that made the dashboard leave, where it was one."""
        self._is_ready = False
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = self.preferences.theme
        self.set_reactive(Dashboard.palette, self.preferences.settings.palette or PALETTES[0])
        self._watch = self._screen_of(feed)

    def get_default_screen(self) -> Screen[None]:
        return self._watch

    def watch(self, feed: ReplayFeed) -> None:
        """Show a saved run in the place of what is shown."""
        self._watch = self._screen_of(feed)
        self.switch_screen(self._watch)

    def _screen_of(self, feed: LiveFeed | ReplayFeed | Sequence[Feed]) -> LookingScreen:
        screen: LookingScreen
        match feed:
            case LiveFeed():
                screen = LiveScreen(feed)
            case ReplayFeed():
                screen = ReplayScreen(feed)
            case _:
                screen = CompareScreen(feed)
        screen.glyphs = self.preferences.glyphs
        return screen

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variables_of(self.current_theme, self.palette)

    def watch_palette(self) -> None:
        self.refresh_css(animate=False)
        self._keep("palette", self.palette)

    def watch_theme(self, theme: str) -> None:
        self._keep("theme", theme)

    def on_looking_screen_glyphs_chosen(self, message: LookingScreen.GlyphsChosen) -> None:
        self._keep("glyphs", message.glyphs)

    def _keep(self, key: str, value: str) -> None:
        """Write down what the user has chosen while the dashboard was open."""
        if self._is_ready and self.preferences.file is not None:
            try:
                save_choice(self.preferences.file, key, value)
            except SettingsError as error:
                self.notify(str(error), severity="warning", markup=False)

    def on_load(self) -> None:
        """Before the terminal is touched: a signal which asks this program to end has it put everything back first."""
        if not self.is_headless:
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
        keymap, refused = keymap_of(self.preferences.settings.keys)
        self.set_keymap(keymap)
        for complaint in (*self.preferences.complaints, *refused):
            self.notify(complaint, severity="warning", timeout=20.0, markup=False)
        self._is_ready = True
        if self.ended_by is not None:
            self.exit()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The keys of the watching screen, by name, then Textual's own."""
        if isinstance(screen, LookingScreen):
            for binding in screen.own_bindings():
                run = partial(screen.run_action, binding.action)
                yield SystemCommand(binding.description.capitalize(), binding.tooltip, run)
        for palette in PALETTES:
            yield SystemCommand(
                f"Palette {palette}", "Colours of the curves", partial(setattr, self, "palette", palette)
            )
        why = partial(self.notify, self.preferences.reasons, timeout=20.0, markup=False)
        yield SystemCommand("Terminal", "Which colours and signs suit this terminal, and why", why)
        yield from super().get_system_commands(screen)

    async def action_leave(self) -> None:
        """Ctrl-C means what `q` means; a second one, while the question is open, leaves the training running."""
        if self.screen is self._watch:
            await self._watch.run_action("app.quit" if isinstance(self._watch, ReplayScreen) else "leave")
        else:
            self.exit()
