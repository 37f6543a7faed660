"""Of what changes on the screen the changed cells are sent alone; a terminal that gets them shows the whole."""

from __future__ import annotations

import inspect
import io
import random

import pyte
import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from eostui.dashboard.app import Dashboard
from eostui.dashboard.mirror import NARROW, Mirror
from eostui.dashboard.textual_private import FrugalApp, placed_by, sent_by
from eostui.dashboard.widgets.canvas import GLYPHS
from eostui.reading.replay import ReplayFeed
from eostui.store import RunFile

MENDING = (
    "Textual has changed a private part that eostui/dashboard/textual_private.py stands on: mend it, or let Dashboard "
    "be a textual App (it then works as before, for many times the bytes over SSH)"
)
CONSOLE = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", legacy_windows=False)


def _screen_update(app: App[None]) -> object:
    return app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)


class Line(Widget):
    """A line of one letter, of which a few cells change."""

    DEFAULT_CSS = "Line { height: 1; width: 100%; }"
    letter = "a"

    def render_line(self, y: int) -> Strip:
        return Strip([Segment("a" * (self.size.width - 3)), Segment(self.letter * 3)])


class Stage(FrugalApp[None]):
    """Writes down what would be sent to a terminal."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def compose(self) -> list[Widget]:
        return [Line()]

    def _display(self, screen: Screen[object], renderable: object) -> None:
        super()._display(screen, renderable)
        if renderable is not None:
            self.sent.append(sent_by(renderable, CONSOLE))


def test_textual_still_has_the_method_that_displays_an_update() -> None:
    assert list(inspect.signature(App._display).parameters) == ["self", "screen", "renderable"], MENDING
    assert "renderable.render_segments(console)" in inspect.getsource(App._display), MENDING


async def test_textual_still_tells_where_the_strips_of_an_update_are() -> None:
    app = Stage()
    async with app.run_test(size=(60, 3)) as pilot:
        await pilot.pause()
        assert placed_by(_screen_update(app)) is not None, MENDING
        app.query_one(Line).refresh(Region(57, 0, 3, 1))
        app.screen._compositor.update_widgets({app.query_one(Line)})
        assert placed_by(app.screen._compositor.render_partial_update()) is not None, MENDING
    assert placed_by(object()) is None


async def test_of_a_changed_line_the_changed_cells_are_sent_alone() -> None:
    app = Stage()
    async with app.run_test(size=(60, 3)) as pilot:
        await pilot.pause()
        app.query_one(Line).letter = "b"
        for everything in (False, True):
            app.sent.clear()
            app.query_one(Line).letter = "c" if everything else "b"
            app.screen.refresh(*([] if everything else [Region(57, 0, 3, 1)]))
            app.query_one(Line).refresh()
            await pilot.pause()
            sent = "".join(app.sent)
            assert ("ccc" if everything else "bbb") in sent, MENDING
            assert "aaa" not in sent, MENDING


async def test_a_redrawing_and_another_size_send_everything() -> None:
    app = Stage()
    async with app.run_test(size=(60, 3)) as pilot:
        await pilot.pause()
        for again in (app.action_redraw, lambda: pilot.resize_terminal(50, 3)):
            app.sent.clear()
            if (waiting := again()) is not None:
                await waiting
            await pilot.pause()
            assert "a" * 40 in "".join(app.sent)


async def test_a_dialog_opens_and_closes_for_few_bytes(edge_run: RunFile) -> None:
    sent: list[str] = []

    feed = ReplayFeed(edge_run, start=650)
    feed.playing = False
    dashboard = Dashboard(feed)
    display = dashboard._display

    def listen(screen: Screen[object], renderable: object) -> None:
        display(screen, renderable)
        if renderable is not None:
            sent.append(sent_by(renderable, CONSOLE))

    dashboard._display = listen  # type: ignore[method-assign]
    async with dashboard.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.5)
        for keys in ("question_mark", "g", "ctrl+p"):
            sent.clear()
            await pilot.press(keys)
            await pilot.pause(0.5)
            opened = len("".join(sent).encode())
            sent.clear()
            await pilot.press("escape")
            await pilot.pause(0.5)
            closed = len("".join(sent).encode())
            assert 500 < opened < 20_000, (keys, opened)
            assert 500 < closed < 20_000, (keys, closed)


@pytest.mark.parametrize("seed", range(20))
def test_a_terminal_shows_what_was_written(seed: int) -> None:
    generator = random.Random(seed)
    mirror, screen = Mirror(), pyte.Screen(30, 4)
    stream = pyte.Stream(screen)
    letters = ["a", "b", " ", "⣿", "日", "é"]
    styles = [None, Style(color="red"), Style(bold=True)]
    shown = [" " * 30] * 4
    for _ in range(40):
        y = generator.randrange(4)
        text = ""
        while len(text.encode("utf-16-le")) // 2 + text.count("日") < 29:
            text += generator.choice(letters)
        strip = Strip([Segment(character, generator.choice(styles)) for character in text]).crop(0, 28)
        stream.feed(mirror.write([(y, 1, strip, range(strip.cell_length))], CONSOLE))
        shown[y] = " " + strip.text + " "
        assert screen.display == shown


def test_what_is_shown_already_is_not_sent_again() -> None:
    mirror, strip = Mirror(), Strip([Segment("abc", Style(color="red", meta={"offset": (1, 2)}))])
    assert "abc" in mirror.write([(0, 0, strip, range(strip.cell_length))], CONSOLE)
    moved = Strip([Segment("abc", Style(color="red", meta={"offset": (3, 4)}))])
    assert mirror.write([(0, 0, moved, range(moved.cell_length))], CONSOLE) == ""
    mirror.forget()
    assert "abc" in mirror.write([(0, 0, strip, range(strip.cell_length))], CONSOLE)


def test_what_is_taken_for_narrow_takes_one_cell() -> None:
    narrow = [chr(code) for code in range(0x3000) if NARROW.fullmatch(chr(code))]
    assert {cell_len(character) for character in narrow} == {1}
    signs = [value for glyphs in GLYPHS.values() for value in vars(glyphs).values() if isinstance(value, str)]
    assert NARROW.fullmatch("".join(signs)), "charts are drawn with a sign that is looked at by itself"
