"""The panels of the dashboard: which widget draws each chart of a run, and how it is given its data."""

from __future__ import annotations

import math
from collections.abc import Sequence

from eostui.dashboard.widgets import Chart, HeatStrip, Mark, Timeline
from eostui.reading.charts import LinePicture, Picture
from eostui.reading.feed import Feed
from eostui.store import Event, Kind
from eostui.store.events import StepSizeChanged

_MARKED: dict[str, str] = {Kind.LR: "η", Kind.PAUSE: "p", Kind.RESUME: "r"}
"""Kinds of events that are drawn into every chart, with the letter that marks them."""


def panel_of(picture: Picture) -> Timeline:
    """A widget for a chart, which has the name of the chart as its id."""
    if isinstance(picture, LinePicture):
        chart = picture.chart
        return Chart(chart.title, log_axis=chart.log, symmetric=chart.symmetric, id=chart.name)
    return HeatStrip(picture.title, "λ", id=picture.name)


def draw_panel(
    panel: Timeline, picture: Picture, feed: Feed, marks: Sequence[Mark], window: tuple[float, float] | None
) -> None:
    """Draw what is visible of a feed over the steps `window` into the widget that `panel_of` made for the chart."""
    if isinstance(picture, LinePicture):
        assert isinstance(panel, Chart)
        panel.show(picture.traces(feed), marks, window)
    else:
        assert isinstance(panel, HeatStrip)
        panel.show(picture.densities(feed), picture.reference(feed), marks, window, until=float(feed.step))


def definition_of(picture: Picture, feed: Feed) -> str:
    """What a chart shows and how it is read, in words."""
    defined = picture.definition(feed)
    return defined if isinstance(picture, LinePicture) else f"{defined}; ↑ ↓ choose the λ that the cursor reads off"


def marks_of(feed: Feed) -> list[Mark]:
    """The events that every chart shows."""
    return [
        Mark(event.step, _label(event), glyph=_MARKED[event.kind]) for event in feed.events() if event.kind in _MARKED
    ]


def _label(event: Event) -> str:
    if isinstance(event.what, StepSizeChanged):
        return f"η {_short(event.what.previous)} → {_short(event.what.lr)}"
    return event.kind


def _short(value: float) -> str:
    return "?" if math.isnan(value) else f"{value:.4g}"
