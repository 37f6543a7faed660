"""The panels of the dashboard: which widget draws each chart of a run, and how it is given its data."""

from __future__ import annotations

from collections.abc import Sequence

from eostui.dashboard.widgets import Chart, HeatStrip, Mark, Timeline
from eostui.reading.charts import LinePicture, Picture
from eostui.reading.feed import Feed


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
