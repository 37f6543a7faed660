"""The screen that sends changed cells alone, and the parts of Textual that it stands on."""

from __future__ import annotations

import importlib
import inspect

import pytest
from rich.segment import Segment
from textual.app import App
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

MENDING = (
    "Textual has changed a private part that eostui/dashboard/widgets/frugal_screen.py stands on: mend it, or let "
    "WatchScreen be a textual Screen (the dashboard then works as before, for five times the bytes over SSH)"
)


def private_part(name: str) -> type:
    """A class of Textual's compositor."""
    try:
        part = getattr(importlib.import_module("textual._compositor"), name)
    except (ImportError, AttributeError) as error:
        pytest.fail(f"{MENDING}: {error}")
    assert isinstance(part, type)
    return part


def test_textual_still_has_the_compositor_that_the_frugal_screen_replaces() -> None:
    compositor, update = private_part("Compositor"), private_part("ChopsUpdate")
    assert hasattr(compositor, "render_partial_update"), MENDING
    assert list(inspect.signature(update).parameters) == ["chops", "spans", "chop_ends"], MENDING
    assert hasattr(update, "render_segments"), MENDING
    assert type(vars(Screen()).get("_compositor")) is compositor, MENDING


class Line(Widget):
    """A line of one letter, of which a few cells change."""

    DEFAULT_CSS = "Line { height: 1; width: 100%; }"
    letter = "a"

    def render_line(self, y: int) -> Strip:
        return Strip([Segment("a" * (self.size.width - 3)), Segment(self.letter * 3)])


async def test_of_a_changed_line_the_changed_cells_are_sent_alone() -> None:
    private_part("Compositor")  # where there is none, what is below cannot be imported
    from eostui.dashboard.widgets.frugal_screen import FrugalScreen

    class Stage(App[None]):
        def get_default_screen(self) -> Screen[None]:
            return FrugalScreen(id="_default")

        def compose(self) -> list[Widget]:
            return [Line()]

    app = Stage()
    async with app.run_test(size=(60, 3)) as pilot:
        await pilot.pause()
        line = app.query_one(Line)
        line.letter = "b"
        sent: list[str] = []
        display = app._display

        def listen(screen: Screen[object], renderable: object) -> None:
            if hasattr(renderable, "render_segments"):
                sent.append(renderable.render_segments(app.console))
            display(screen, renderable)  # type: ignore[arg-type]

        app._display = listen  # type: ignore[method-assign]
        line.refresh(Region(57, 0, 3, 1))
        await pilot.pause()
    assert len(sent) == 1, MENDING
    assert "bbb" in sent[0], MENDING
    assert "a" not in sent[0], MENDING
