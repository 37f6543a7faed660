"""What is chosen for a terminal that says this or that of itself."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from eostui.dashboard.app import Dashboard
from eostui.dashboard.settings import Preferences, Settings
from eostui.dashboard.terminal import terminal_of
from eostui.reading.replay import ReplayFeed
from eostui.store import RunFile
from tests.dashboard.looking import text_of, until

MANY, FEW, LIGHT = "eostui-dark", "ansi-dark", "ansi-light"


@pytest.mark.parametrize(
    ("environment", "theme"),
    [
        ({"TERM": "xterm-256color"}, MANY),
        ({"TERM": "screen-256color"}, MANY),
        ({"TERM": "tmux-256color"}, MANY),
        ({"TERM": "xterm-kitty"}, MANY),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, MANY),
        ({"TERM": "screen", "COLORTERM": "24bit"}, MANY),
        ({"TERM": "linux"}, FEW),
        ({"TERM": "vt100"}, FEW),
        ({"TERM": "vt220"}, FEW),
        ({"TERM": "xterm"}, FEW),
        ({"TERM": "xterm-color"}, FEW),
        ({"TERM": "xterm-16color"}, FEW),
        ({"TERM": "screen"}, FEW),
        ({"TERM": "rxvt", "COLORFGBG": "0;15"}, LIGHT),
        ({"TERM": "rxvt", "COLORFGBG": "0;default;7"}, LIGHT),
        ({"TERM": "rxvt", "COLORFGBG": "15;0"}, FEW),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, MANY),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, FEW),
        ({"TERM": "xterm", "COLORTERM": "truecolor", "NO_COLOR": "1"}, FEW),
        ({}, FEW),
    ],
)
def test_the_theme_suits_the_colours_that_there_are(environment: dict[str, str], theme: str) -> None:
    chosen = terminal_of(environment, "utf-8")
    assert chosen.theme == theme
    if "NO_COLOR" not in environment:
        written = Console(file=io.StringIO(), force_terminal=True, _environ=environment).color_system
        assert (written in ("256", "truecolor")) == (theme == MANY), "Textual writes in other colours"


@pytest.mark.parametrize(
    ("environment", "encoding", "glyphs", "why"),
    [
        ({"TERM": "xterm-256color", "LANG": "en_GB.UTF-8"}, "utf-8", "braille", "UTF-8"),
        ({"TERM": "xterm-256color", "LANG": "de_DE.utf8@euro"}, "utf-8", "braille", "UTF-8"),
        ({"TERM": "xterm-256color"}, "UTF-8", "braille", "UTF-8"),
        ({"TERM": "xterm-256color", "LC_CTYPE": "C.UTF-8"}, "utf-8", "braille", "UTF-8"),
        ({"TERM": "xterm-256color", "LANG": "C", "LC_CTYPE": "C.UTF-8"}, "utf-8", "ascii", "LANG=C"),
        ({"TERM": "xterm-256color", "LANG": "POSIX"}, "utf-8", "ascii", "LANG=POSIX"),
        ({"TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_CTYPE": "C.UTF-8"}, "utf-8", "braille", "UTF-8"),
        ({"TERM": "xterm-256color", "LANG": "de_DE.ISO-8859-1"}, "iso8859-1", "ascii", "iso8859-1"),
        ({"TERM": "xterm-256color", "LANG": "de_DE.ISO-8859-1"}, "utf-8", "ascii", "LANG=de_DE.ISO-8859-1"),
        ({"TERM": "xterm-256color", "LC_ALL": "C", "LANG": "en_GB.UTF-8"}, "utf-8", "ascii", "LC_ALL=C"),
        ({"TERM": "xterm-256color", "LC_ALL": "", "LANG": "en_GB.UTF-8"}, "utf-8", "braille", "UTF-8"),
        ({"TERM": "linux", "LANG": "en_GB.UTF-8"}, "utf-8", "ascii", "TERM=linux"),
        ({"TERM": "vt100", "LANG": "en_GB.UTF-8"}, "utf-8", "ascii", "TERM=vt100"),
        ({"TERM": "dumb"}, "ascii", "ascii", "TERM=dumb"),
    ],
)
def test_the_signs_suit_the_font_and_the_locale(
    environment: dict[str, str], encoding: str, glyphs: str, why: str
) -> None:
    chosen = terminal_of(environment, encoding)
    assert chosen.glyphs == glyphs
    assert why in chosen.why_glyphs


@pytest.mark.parametrize("key", ["", "g", "e", "v"])
async def test_with_ascii_signs_nothing_is_framed_with_others(edge_run: RunFile, key: str) -> None:
    feed = ReplayFeed(edge_run, start=480)
    feed.playing = False
    dashboard = Dashboard(feed, Preferences(settings=Settings(glyphs="ascii")))
    async with dashboard.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "quit" in text_of(pilot))
        if key:
            await pilot.press(key)
            await until(pilot, lambda: len(dashboard.screen_stack) > 1)
        await pilot.pause()
        assert not [sign for sign in text_of(pilot) if "\u2500" <= sign <= "\u259f"]
