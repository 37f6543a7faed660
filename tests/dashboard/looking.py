"""Looking at the dashboard as a user does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual import events
from textual.pilot import Pilot
from textual.widget import Widget

from eostui.dashboard.widgets.tile import Tile
from eostui.dashboard.widgets.timeline import Timeline


def text_of(pilot: Pilot[Any]) -> str:
    """Everything on the screen, as text."""
    height = pilot.app.size.height
    lines = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in lines[:height])


async def until(pilot: Pilot[Any], what: Callable[[], bool], seconds: float = 5) -> None:
    for _ in range(round(20 * seconds)):
        if what():
            return
        await pilot.pause(0.05)
    raise AssertionError(text_of(pilot))


def charts_of(pilot: Pilot[Any]) -> list[Timeline]:
    """The charts that are shown, in their order on the screen."""
    return [chart for chart in pilot.app.screen.query(Timeline) if chart.size]


def tiles_of(pilot: Pilot[Any]) -> list[Tile]:
    """The readings that are shown, from the left."""
    return [tile for tile in pilot.app.screen.query(Tile) if tile.size]


async def turn(
    pilot: Pilot[Any], widget: Widget, kind: type[events.MouseEvent], x: int, *, shift: bool = False
) -> None:
    """Turn the wheel over column `x` of a widget."""
    event = kind(widget, x, 4, 0, 0, 0, shift, False, False, screen_x=x, screen_y=4)
    widget.post_message(event)
    await pilot.pause()
