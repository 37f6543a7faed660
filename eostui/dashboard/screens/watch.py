"""The screen that draws a feed: masthead, readings, and the panels, a page of them at a time."""

from __future__ import annotations

import math
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Horizontal
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer

from eostui.dashboard.pages import MOST, Page, pages_of, room_for
from eostui.dashboard.panels import draw_panel, panel_of
from eostui.dashboard.screens.help import HelpScreen
from eostui.dashboard.widgets.canvas import GLYPHS, GlyphName
from eostui.dashboard.widgets.masthead import Masthead
from eostui.dashboard.widgets.tile import Tile
from eostui.dashboard.widgets.timeline import Timeline
from eostui.dashboard.widgets.view import window_over
from eostui.reading.charts import pictures_of
from eostui.reading.feed import Feed
from eostui.reading.marks import marks_of
from eostui.reading.numbers import NONE
from eostui.reading.readings import Reading, readings_of

FRAMES_PER_SECOND = 4
"""Redrawings a second: enough to follow, and few enough bytes for a slow connection."""

TILE_WIDTH = 11
"""Cells that a reading needs: ten for 1.234e-05 or its label, one between it and the next."""


def with_chosen_key(binding: Binding, active: Binding) -> Binding:
    """A binding with the key that the user has chosen for it, where that is none of its own."""
    return binding if active.key in binding.key.split(",") else binding.with_key(active.key, active.key_display)


class WatchScreen(Screen[None]):
    """Draws what its feed gives it, a few times a second, and repaints only what changed."""

    # Textual declares these as plain attributes
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (16, "-low"), (22, "-high"), (36, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "o",
            "toggle_log",
            "log axis",
            id="log-axis",
            show=False,
            tooltip="Logarithmic or linear axis of the chosen chart",
        ),
        Binding("z", "zoom", "zoom", id="zoom", show=False, tooltip="Show the chosen chart alone, or all again"),
        Binding(
            "f", "freeze", "freeze", id="freeze", show=False, tooltip="Hold the charts still while the run goes on"
        ),
        Binding(
            "b",
            "glyphs",
            "glyphs",
            id="glyphs",
            show=False,
            tooltip="Plot with braille, blocks or ASCII, as the font allows",
        ),
        Binding(
            "n,pagedown", "turn(1)", "page", id="page", tooltip="The next page, where there are more charts than fit"
        ),
        Binding("p,pageup", "turn(-1)", "page back", id="page-back", show=False, tooltip="The page before"),
        Binding("j", "app.focus_next", "next chart", show=False, tooltip="To the next chart, as Tab", id="next-chart"),
        Binding(
            "k", "app.focus_previous", "chart before", show=False, tooltip="To the chart before", id="chart-before"
        ),
        Binding(
            "question_mark", "help", "help", id="help", key_display="?", tooltip="What every number and word means"
        ),
    ]

    class GlyphsChosen(Message):
        """The user chose what to plot with."""

        def __init__(self, glyphs: GlyphName) -> None:
            super().__init__()
            self.glyphs = glyphs

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self.feed = feed
        self.frozen = False
        self._drawn: dict[str, int] = {}
        """How many rows of each table are on the screen."""
        self._readings: list[Reading] = []
        """The readings that have a tile: none until the feed knows its run."""
        self._pages: list[Page] = []
        self._page = 0
        """Which of them is open."""
        self.glyphs: GlyphName = "braille"
        """What charts and readings are drawn with."""

    def compose(self) -> ComposeResult:
        yield Masthead()
        yield Horizontal(id="reading_row")
        yield Grid(id="chart_grid")
        yield Footer(show_command_palette=False, compact=True)

    def on_resize(self) -> None:
        self._fit_tiles()
        self._open_page(self._page)

    def on_mount(self) -> None:
        self._lay_out()
        self.set_interval(1 / FRAMES_PER_SECOND, self.draw)
        self.call_after_refresh(self.draw)

    def own_bindings(self) -> list[Binding]:
        """The keys of this screen, its own first, without those that Textual gives to every screen."""
        chosen: dict[str | None, Binding] = {}
        for active in self.active_bindings.values():
            chosen.setdefault(active.binding.id, active.binding)
        own = [
            binding
            for screen in (type(self), WatchScreen)
            for binding in screen.BINDINGS
            if isinstance(binding, Binding)
        ]
        return [with_chosen_key(binding, chosen.get(binding.id, binding)) for binding in own]

    def note(self) -> str:
        """What this screen itself has to say in the masthead."""
        page = f"page {self._page + 1}/{len(self._pages)}" if len(self._pages) > 1 else ""
        return " ".join(filter(None, ("view frozen" * self.frozen, page)))

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
            doubt = "?" if reading.column == "eigenvalues" and self.feed.doubtful(reading.table) else ""
            forms = reading.text(latest) if math.isfinite(latest) else (NONE,)
            tile.show(values, *(form + doubt for form in forms))
        self._draw_page()

    def _draw_page(self) -> None:
        """Draw the panels of the page that is open, all over the same steps."""
        if not self.feed.series:
            return
        marks, steps = marks_of(self.feed), self.feed.series["train"]["step"]
        window = window_over(float(steps[0]), float(steps[-1])) if len(steps) else None
        for picture in self._pages[self._page]:
            draw_panel(self.query_one(f"#{picture.name}", Timeline), picture, self.feed, marks, window)

    def _lay_out(self) -> None:
        """Open the first page, with a tile for every reading."""
        self._open_page(0)
        self.query_one(f"#{self._pages[0][0].name}").focus()
        self._readings = readings_of(self.feed)
        self.query_one("#reading_row").mount(*[Tile(reading.label, log=reading.log) for reading in self._readings])
        self._plot_with(self.glyphs)
        self._fit_tiles()

    def _open_page(self, number: int) -> None:
        """Show a page, or the last one, where there are not so many on a screen of this size."""
        self._mount_panels()
        self._pages = pages_of(pictures_of(self.feed), room_for(*self.size))
        self._page = min(number, len(self._pages) - 1)
        there = [picture.name for picture in self._pages[self._page]]
        for chart in self.query(Timeline):
            chart.set_class(chart.id not in there, "absent")
            chart.set_class(chart.id == there[0], "first")
        charts = self.query_one("#chart_grid")
        for count in range(1, MOST + 1):
            charts.set_class(len(there) == count, f"-of-{count}")
        if self.maximized is not None and self.maximized.id not in there:
            self.minimize()
        if self.focused is None or self.focused.id not in there:
            self.query_one(f"#{there[0]}").focus()
        self.refresh_bindings()
        self._draw_page()

    def _mount_panels(self) -> None:
        """Have a widget for every panel of the run, in order."""
        charts, following = self.query_one("#chart_grid"), None
        there = {chart.id: chart for chart in self.query(Timeline)}
        for picture in reversed(pictures_of(self.feed)):
            if picture.name not in there:
                there[picture.name] = panel_of(picture)
                charts.mount(there[picture.name], before=following)
            following = there[picture.name]

    def _fit_tiles(self) -> None:
        """Show as many readings, from the left, as there is room for without cutting a number off."""
        for index, tile in enumerate(self.query(Tile)):
            tile.display = index < self.size.width // TILE_WIDTH

    def on_timeline_cursor_moved(self, message: Timeline.CursorMoved) -> None:
        """One cursor for all charts."""
        for chart in self.query(Timeline):
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
        self._plot_with(names[(names.index(self.glyphs) + 1) % len(names)])
        self.post_message(self.GlyphsChosen(self.glyphs))

    def _plot_with(self, glyphs: GlyphName) -> None:
        self.glyphs = glyphs
        for chart in self.query(Timeline):
            chart.glyphs = glyphs
        for tile in self.query(Tile):
            tile.glyphs = glyphs

    def action_freeze(self) -> None:
        self.frozen = not self.frozen

    def action_turn(self, pages: int) -> None:
        """Turn to another page, from the last one to the first."""
        self.minimize()
        self._open_page((self._page + pages) % len(self._pages))
        self.query_one(Masthead).show(self.feed, self.note())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without other pages there is nothing to turn to."""
        return len(self._pages) > 1 if action == "turn" else True

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(self.own_bindings(), self.feed))

    def _chosen_chart(self) -> Timeline:
        """The chart that has the focus, else the first that is shown."""
        return self.focused if isinstance(self.focused, Timeline) else self.query_one("Timeline.first", Timeline)
