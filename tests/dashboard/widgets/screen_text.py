"""Reading what a widget shows."""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.app import ComposeResult
from textual.geometry import Region
from textual.widget import Widget

from eostui.dashboard.textual_private import FrugalApp
from eostui.dashboard.widgets import Timeline


class Stage(FrugalApp[None]):
    """An app with some widgets, one below the other."""

    def __init__(self, *widgets: Widget) -> None:
        super().__init__()
        self.widgets = widgets
        self.heard: list[object] = []

    def compose(self) -> ComposeResult:
        yield from self.widgets


def lines(widget: Widget) -> list[str]:
    """The text of each row."""
    return ["".join(segment.text for segment in row) for row in segments(widget)]


def segments(widget: Widget) -> list[list[Segment]]:
    """The segments of each row."""
    return [list(strip) for strip in widget.render_lines(widget.size.region)]


def headline(timeline: Timeline) -> str:
    """What stands in the upper side of the border: the title, a line, the values."""
    return re.sub("[─-]{2,}|─", "─", lines(timeline)[0]).strip("╭╮+─- ")


def plot_rows(timeline: Timeline) -> list[str]:
    """What is within the axes."""
    area = timeline.area
    assert area is not None
    return [line[area.left : area.right] for line in lines(timeline)[area.top : area.bottom]]


def plot_left(timeline: Timeline) -> int:
    """The first column of cells within the axes."""
    area = timeline.area
    assert area is not None
    return area.left


def colour_of(widget: Widget, text: str) -> object:
    """The colour in which the first run that contains `text` is written."""
    for row in segments(widget):
        for segment in row:
            if text in segment.text and segment.style is not None:
                return segment.style.color
    raise AssertionError(f"nowhere {text!r} in {lines(widget)}")


class Repaints:
    """Records the regions that a widget asks to be sent to the terminal again; everything is one region, None."""

    def __init__(self, widget: Widget) -> None:
        self.regions: list[Region | None] = []
        self._widget = widget
        self._refresh = widget.refresh
        widget.refresh = self._record  # type: ignore[method-assign]

    def _record(self, *regions: Region, **options: bool) -> Widget:
        self.regions += regions or [None]
        return self._refresh(*regions, **options)

    def take(self) -> list[Region | None]:
        """The regions since the last call."""
        taken, self.regions = self.regions, []
        return taken
