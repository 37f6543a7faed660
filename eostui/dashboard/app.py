"""The Textual app around a feed, or around several for comparison."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from eostui.dashboard.herald import BEGIN, END, Herald
from eostui.dashboard.house_app import HouseApp
from eostui.dashboard.keymap import keymap_of
from eostui.dashboard.screens.compare import CompareScreen
from eostui.dashboard.screens.live import LiveScreen
from eostui.dashboard.screens.looking import LookingScreen
from eostui.dashboard.screens.replay import ReplayScreen
from eostui.dashboard.screens.watch import WatchScreen
from eostui.dashboard.settings import Preferences
from eostui.link.address import LinkError
from eostui.reading.feed import Feed
from eostui.reading.live import LiveFeed
from eostui.reading.replay import ReplayFeed

Shown = LiveFeed | ReplayFeed | Sequence[Feed]
"""A run that goes on, a saved one, or several to compare."""


TELLING_SECONDS = 1.0
"""Seconds between two titles of the terminal."""


class Dashboard(HouseApp[None]):
    """Shows one feed, or compares several, until the user leaves."""

    CSS_PATH = "eostui.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,ctrl+q", "leave", "quit", show=False, priority=True, system=True),
    ]

    def __init__(self, shown: Shown, preferences: Preferences | None = None) -> None:
        super().__init__(preferences)
        self._shown = shown
        self._looking = self._screen_of(shown)
        self._herald = self._herald_of(shown)
        self.branch: WatchScreen.Branch | None = None
        """The new run that is to be started and shown next; None where the user has just left."""

    def get_default_screen(self) -> Screen[None]:
        return self._looking

    def on_ready(self) -> None:
        """Give the actions the keys that the user has chosen."""
        if self._herald is not None:
            self.write_beside(BEGIN)
            self.set_interval(TELLING_SECONDS, self._tell_terminal)
        keymap, refused = keymap_of(self.preferences.settings.keys)
        self.set_keymap(keymap)
        for complaint in refused:
            self.notify(complaint, severity="warning", timeout=20.0, markup=False)

    def on_looking_screen_glyphs_chosen(self, message: LookingScreen.GlyphsChosen) -> None:
        self.keep("glyphs", message.glyphs)

    def on_looking_screen_charts_chosen(self, message: LookingScreen.ChartsChosen) -> None:
        self.keep_charts(message.optimizer, message.choice)

    def on_live_screen_over(self, message: LiveScreen.Over) -> None:
        """Watch a run again that has ended, from its file."""
        self._looking = self._screen_of(message.replay)
        self._herald = self._herald_of(message.replay)
        self.push_screen(self._looking)  # Textual (8.2) cannot switch away from an app's first screen

    def on_watch_screen_branch(self, message: WatchScreen.Branch) -> None:
        """Make room for the new run: who started this app starts that."""
        self.branch = message
        self.exit()

    def asked_to_end(self, number: signal.Signals) -> None:
        """SIGTERM stops a training that was started here."""
        if number == signal.SIGTERM and isinstance(self._shown, LiveFeed) and self._shown.started_here:
            with suppress(LinkError):
                self._shown.stop_by_signal(number)

    def asked_to_save(self) -> None:
        """Pass it on to the trainer."""
        if isinstance(self._shown, LiveFeed):
            with suppress(LinkError):
                self._shown.requeue()

    def on_unmount(self) -> None:
        """Give the terminal its title back."""
        if self.is_ready and self._herald is not None:
            self.write_beside(END)

    def _tell_terminal(self) -> None:
        if self._herald is not None:
            self.write_beside(self._herald.news())

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The keys of the screen, by name, then those of every app."""
        if isinstance(screen, LookingScreen):
            for binding in screen.own_bindings():
                run = partial(screen.run_action, binding.action)
                yield SystemCommand(binding.description.capitalize(), binding.tooltip, run)
        if isinstance(screen, WatchScreen):
            save = partial(screen.save, "svg")
            yield SystemCommand("Screenshot", "Save a picture of the screen beside the run", save)
        yield from super().get_system_commands(screen)

    async def action_leave(self) -> None:
        """Ctrl-C means what `q` means; a second one, while the question is open, leaves the training running."""
        if self.screen is self._looking:
            await self._looking.run_action("app.quit" if isinstance(self._looking, ReplayScreen) else "leave")
        else:
            self.exit()

    def _screen_of(self, shown: Shown) -> LookingScreen:
        screen: LookingScreen
        match shown:
            case LiveFeed():
                screen = LiveScreen(shown)
            case ReplayFeed():
                screen = ReplayScreen(shown)
            case _:
                screen = CompareScreen(shown)
        screen.glyphs = self.preferences.glyphs
        if isinstance(screen, WatchScreen):
            screen.choices = self.preferences.settings.panels
            screen.reasons = self.preferences.reasons
        return screen

    def _herald_of(self, shown: Shown) -> Herald | None:
        """Who tells the terminal of a run: nobody of several runs, nor where there is no title to be given."""
        if isinstance(shown, LiveFeed | ReplayFeed) and self.preferences.has_title:
            return Herald(shown, rings=self.preferences.rings)
        return None
