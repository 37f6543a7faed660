"""The screen that draws a feed: masthead, readings, and the charts."""

from __future__ import annotations

import math
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Horizontal
from textual.widgets import Footer

from eostui.dashboard.feed import Feed
from eostui.dashboard.panels import PANELS, marks_of, panels_of
from eostui.dashboard.readings import Reading, readings_of
from eostui.dashboard.screens.help import HelpScreen
from eostui.dashboard.widgets.canvas import GLYPHS
from eostui.dashboard.widgets.chart import Chart
from eostui.dashboard.widgets.frugal_screen import FrugalScreen
from eostui.dashboard.widgets.masthead import Masthead
from eostui.dashboard.widgets.tile import Tile
from eostui.dashboard.widgets.view import window_over

FRAMES_PER_SECOND = 4
"""Redrawings a second: enough to follow, and few enough bytes for a slow connection."""

TILE_WIDTH = 11
"""Cells that a reading needs: ten for 1.234e-05 or its label, one between it and the next."""


class WatchScreen(FrugalScreen[None]):
    """Draws what its feed gives it, a few times a second, and repaints only what changed."""

    # Textual declares these as plain attributes
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (16, "-low"), (22, "-high"), (36, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "toggle_log", "log axis", show=False, tooltip="Logarithmic or linear axis of the chosen chart"),
        Binding("z", "zoom", "zoom", show=False, tooltip="Show the chosen chart alone, or all again"),
        Binding("f", "freeze", "freeze", show=False, tooltip="Hold the charts still while the run goes on"),
        Binding("b", "glyphs", "glyphs", show=False, tooltip="Plot with braille, blocks or ASCII, as the font allows"),
        Binding("question_mark", "help", "help", key_display="?", tooltip="What every number and word means"),
    ]

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self.feed = feed
        self.frozen = False
        self._drawn: dict[str, int] = {}
        """How many rows of each table are on the screen."""
        self._readings: list[Reading] = []
        """The readings that have a tile: none until the feed knows its run."""

    def compose(self) -> ComposeResult:
        yield Masthead()
        yield Horizontal(id="readings")
        with Grid(id="charts"):
            for panel in PANELS:
                yield Chart(panel.title, log_axis=panel.log, id=panel.id, classes="absent")
        yield Footer(show_command_palette=False, compact=True)

    def on_resize(self) -> None:
        self._fit_tiles()

    def on_mount(self) -> None:
        self._lay_out()
        self.set_interval(1 / FRAMES_PER_SECOND, self.draw)
        self.call_after_refresh(self.draw)

    def own_bindings(self) -> list[Binding]:
        """The keys of this screen, its own first, without those that Textual gives to every screen."""
        return [
            binding
            for screen in (type(self), WatchScreen)
            for binding in screen.BINDINGS
            if isinstance(binding, Binding)
        ]

    def note(self) -> str:
        """What this screen itself has to say in the masthead."""
        return "view frozen" if self.frozen else ""

    def may_draw(self) -> bool:
        """Whether the charts may be drawn anew now, should there be something new."""
        return True

    def draw(self) -> None:
        """Take in what is new, and draw it."""
        for notice in self.feed.poll():
            self.notify(notice.text, severity=notice.severity, timeout=notice.seconds, markup=False)
        self.query_one(Masthead).show(self.feed, self.note())
        shown = {name: series.shown for name, series in self.feed.series.items()}
        if self.frozen or shown == self._drawn or not self.may_draw():
            return
        self._drawn = shown
        if not self._readings:
            self._lay_out()
        for reading, tile in zip(self._readings, self.query(Tile), strict=True):
            values = reading.values(self.feed)
            latest = float(values[-1]) if len(values) else math.nan
            tile.show(values, reading.text(latest) if math.isfinite(latest) else "–")
        marks, steps = marks_of(self.feed), self.feed.series["train"]["step"]
        window = window_over(float(steps[0]), float(steps[-1])) if len(steps) else None
        for panel in panels_of(self.feed):
            self.query_one(f"#{panel.id}", Chart).show(panel.traces(self.feed), marks, window)

    def _lay_out(self) -> None:
        """Have a chart for every panel of the run, and a tile for every reading."""
        there = [panel.id for panel in panels_of(self.feed)]
        for chart in self.query(Chart):
            chart.set_class(chart.id not in there, "absent")
            chart.set_class(chart.id == there[0], "first")
        charts = self.query_one("#charts")
        for count in range(1, len(PANELS) + 1):
            charts.set_class(len(there) == count, f"-of-{count}")
        self._readings = readings_of(self.feed)
        glyphs = self._chosen_chart().glyphs
        tiles = [Tile(reading.label, log=reading.log, glyphs=glyphs) for reading in self._readings]
        self.query_one("#readings").mount(*tiles)
        self.query_one(f"#{there[0]}").focus()
        self._fit_tiles()

    def _fit_tiles(self) -> None:
        """Show as many readings, from the left, as there is room for without cutting a number off."""
        for index, tile in enumerate(self.query(Tile)):
            tile.display = index < self.size.width // TILE_WIDTH

    def on_chart_cursor_moved(self, message: Chart.CursorMoved) -> None:
        """One cursor for all charts."""
        for chart in self.query(Chart):
            chart.cursor_step = message.step

    def action_toggle_log(self) -> None:
        chart = self._chosen_chart()
        chart.log_axis = not chart.log_axis

    def action_zoom(self) -> None:
        if self.maximized is None:
            self.maximize(self._chosen_chart())
        else:
            self.minimize()

    def action_glyphs(self) -> None:
        """The next glyph set, for every chart and reading."""
        names = list(GLYPHS)
        following = names[(names.index(self._chosen_chart().glyphs) + 1) % len(names)]
        for chart in self.query(Chart):
            chart.glyphs = following
        for tile in self.query(Tile):
            tile.glyphs = following

    def action_freeze(self) -> None:
        self.frozen = not self.frozen

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(self.own_bindings(), self.feed))

    def _chosen_chart(self) -> Chart:
        """The chart that has the focus, else the first that is shown."""
        return self.focused if isinstance(self.focused, Chart) else self.query_one("Chart.first", Chart)
