"""What every app of this program has: the house's themes and inks, the user's preferences, and a clean end."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import termios
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, NoReturn

from textual.app import ReturnType, SystemCommand
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.screen import Screen

from eostui.dashboard.chart_choice import ChartChoice
from eostui.dashboard.palette import PALETTES, THEMES, PaletteName, stylesheet, variables_of
from eostui.dashboard.settings import Preferences, save_choice, save_panels
from eostui.dashboard.settings_file import SettingsError
from eostui.dashboard.textual_private import FrugalApp

ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
HEEDED = (*ENDING, signal.SIGUSR1, signal.SIGUSR2)
"""The signals that an app acts on: they may come as soon as there is something to act on, and before the app."""
LAST_WISHES = 5.0
"""Seconds that an app has to put the terminal back once a signal asks it to end."""
AS_BEFORE = b"".join(b"\x1b[?%dl" % mode for mode in (1000, 1003, 1015, 1006, 1004, 2004, 2048, 1049)) + (
    b"\x1b[<u\x1b[?7h\x1b[?25h\x1b[0m"
)
"""What takes back all that Textual (8.2) asks of a terminal: mouse, focus, pastes, sizes, screen, cursor."""


class HouseApp(FrugalApp[ReturnType]):
    """Base of the apps."""

    TITLE = "eostui"
    CSS = stylesheet()
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+l", "redraw", "redraw", show=False, system=True),
        Binding("ctrl+z", "suspend_process", "to the shell", show=False, priority=True, system=True),
    ]

    palette: reactive[PaletteName] = reactive[PaletteName](PALETTES[0], init=False)
    """Which colours curves and words have, within what the theme leaves open."""

    def __init__(self, preferences: Preferences | None = None) -> None:
        super().__init__()
        self.preferences = preferences or Preferences()
        self.ended_by: signal.Signals | None = None
        """The signal that made the app leave, where it was one."""
        self.came_before: list[int] = []
        """The signals that came before the app could act on them; it takes them out of the list."""
        self._terminal: list[Any] | None = None
        """The terminal's settings before the app had it, where it has any."""
        self.is_ready = False
        """Everything is on the screen: from here on a choice is the user's."""
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = self.preferences.theme
        self.set_reactive(HouseApp.palette, self.preferences.settings.palette or PALETTES[0])

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variables_of(self.current_theme, self.palette)

    def watch_palette(self) -> None:
        self.refresh_css(animate=False)
        self.keep("palette", self.palette)

    def watch_theme(self, theme: str) -> None:
        self.keep("theme", theme)

    def keep(self, key: str, value: str) -> None:
        """Write down what the user has chosen while the app was open."""
        if self.is_ready and self.preferences.file is not None:
            self._save(partial(save_choice, self.preferences.file, key, value))

    def keep_charts(self, optimizer: object, choice: ChartChoice) -> None:
        """Write down which charts the user wants to see: of runs of this optimizer where these have a choice of their
        own, else of all runs."""
        settings = self.preferences.settings
        kind = str(optimizer) if str(optimizer) in settings.panels else ""
        self.preferences = replace(
            self.preferences, settings=replace(settings, panels={**settings.panels, kind: choice})
        )
        if self.preferences.file is not None:
            self._save(partial(save_panels, self.preferences.file, kind, choice))

    def _save(self, save: Callable[[], None]) -> None:
        try:
            save()
        except SettingsError as error:
            self.notify(str(error), severity="warning", markup=False)

    def on_load(self) -> None:
        """Before the terminal is touched: a signal which asks this program to end has it put everything back first."""
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            for number in ENDING:
                if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup` has SIGHUP ignored
                    loop.add_signal_handler(number, self._end, number)
            loop.add_signal_handler(signal.SIGUSR1, self.asked_to_save)
            loop.add_signal_handler(signal.SIGUSR2, int)  # it means nothing, and must not kill
            with suppress(termios.error, ValueError, OSError):
                self._terminal = termios.tcgetattr(sys.__stdin__.fileno())  # type: ignore[union-attr]
            while self.came_before:
                signal.raise_signal(self.came_before.pop(0))

    def asked_to_save(self) -> None:
        """SIGUSR1 has come. Here nothing is there to be saved."""

    def asked_to_end(self, number: signal.Signals) -> None:
        """A signal has come by which the app ends, at once or when it is ready. Here nothing else is to be ended."""

    def _end(self, number: signal.Signals) -> None:
        """Leave as somebody does who leaves the training running."""
        if self.ended_by is None:
            self.ended_by = number
            # a terminal that is gone can keep Textual waiting for it for ever
            timer = threading.Timer(LAST_WISHES, self._end_now, [128 + number])
            timer.daemon = True
            timer.start()
            self.asked_to_end(number)
            if self.is_ready:
                self.exit()

    def _end_now(self, code: int) -> NoReturn:
        """End this process though Textual has not ended, with the terminal put back where it takes anything."""
        with suppress(Exception):
            descriptor = sys.__stderr__.fileno()  # type: ignore[union-attr]
            if self._terminal is not None and select.select([], [descriptor], [], 0)[1]:
                os.write(descriptor, AS_BEFORE)
                termios.tcsetattr(sys.__stdin__.fileno(), termios.TCSANOW, self._terminal)  # type: ignore[union-attr]
        os._exit(code)

    def on_ready(self) -> None:
        """Everything is there, and may go again."""
        for complaint in self.preferences.complaints:
            self.notify(complaint, severity="warning", timeout=20.0, markup=False)
        self.is_ready = True
        if self.ended_by is not None:
            self.exit()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palettes, what suits the terminal, then Textual's own."""
        for palette in PALETTES:
            choose = partial(setattr, self, "palette", palette)
            yield SystemCommand(f"Palette {palette}", "Colours of the curves", choose)
        why = partial(self.notify, self.preferences.reasons, timeout=20.0, markup=False)
        yield SystemCommand("Terminal", "Which colours and signs suit this terminal, and why", why)
        # Textual's screenshot wants a folder for downloads, which a server seldom has.
        yield from (command for command in super().get_system_commands(screen) if command.title != "Screenshot")
