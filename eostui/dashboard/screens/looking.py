"""A screen of charts, and every way to look at them: window, cursor, axis, size, order, signs."""

from __future__ import annotations

import math
from typing import ClassVar

from textual.binding import ActiveBinding, Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from eostui.dashboard.chart_choice import ChartChoice
from eostui.dashboard.chart_grid import ChartGrid
from eostui.dashboard.screens.charts import ChartsScreen
from eostui.dashboard.widgets.canvas import GLYPHS, GlyphName
from eostui.dashboard.widgets.event_list import EventList
from eostui.dashboard.widgets.key_line import KeyLine
from eostui.dashboard.widgets.overview import Extent, Overview
from eostui.dashboard.widgets.timeline import Timeline
from eostui.dashboard.window import LASTS, Window

AXIS_WORDS = {"step": "steps", "log-step": "the logarithm of the step", "time": "time", "eta-step": "η·step"}
"""What charts are drawn over, by the name of the axis."""
ZOOM = 0.5
"""How wide a window is after a key looked closer, as a share of what it was."""


def with_chosen_key(binding: Binding, active: Binding) -> Binding:
    """A binding with the key that the user has chosen for it, where that is none of its own."""
    return binding if active.key in binding.key.split(",") else binding.with_key(active.key, active.key_display)


def _hidden(key: str, action: str, name: str, tooltip: str, *, id: str, shown: str | None = None) -> Binding:
    """A key that the footer has no room for; the help and the palette have it."""
    return Binding(key, action, name, show=False, tooltip=tooltip, id=id, key_display=shown)


class LookingScreen(Screen[None]):
    """Base of the screens with a `ChartGrid`: keys and mouse that change how it is looked at, never what happens."""

    AUTO_FOCUS = ""  # the first chart takes it

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "ratio", "S|ratio", tooltip="Sharpness itself, or as a share of the threshold", id="ratio"),
        _hidden("z", "zoom", "zoom", "Show the chosen chart alone, or all again", id="zoom"),
        *(
            _hidden(f"{number}", f"choose({number})", f"chart {number}", "Choose a chart", id=f"chart-{number}")
            for number in range(1, 10)
        ),
        Binding("v", "charts", "charts", tooltip="Choose, hide and order the charts", id="charts"),
        _hidden("left_square_bracket", "event(-1)", "event back", "To the event before", id="event-back", shown="["),
        _hidden(
            "right_square_bracket",
            "event(1)",
            "event",
            "To the next event: a changed step size, the edge, an instability",
            id="event",
            shown="]",
        ),
        _hidden(
            "greater_than_sign", "window('in')", "closer", "Show fewer steps, as the wheel does", id="in", shown=">"
        ),
        _hidden("less_than_sign", "window('out')", "wider", "Show more steps", id="out", shown="<"),
        _hidden("w", "window('last')", "last steps", "The last 200, 1,000, 10,000 … steps", id="last"),
        _hidden("0", "window('follow')", "follow", "Move the window to the newest step, and follow it", id="follow"),
        _hidden("equals_sign", "window('all')", "all steps", "Show all steps", id="all", shown="="),
        _hidden("x", "axis", "x axis", "Steps, their logarithm, time, or η·step", id="axis"),
        _hidden("o", "toggle_log", "log axis", "Logarithmic or linear values of the chosen chart", id="log-axis"),
        _hidden("u", "smoothed", "means", "The mean of the loss over 20 steps, beside a flow's, or not", id="means"),
        _hidden("b", "glyphs", "glyphs", "Plot with braille, blocks or ASCII, as the font allows", id="glyphs"),
        _hidden("j", "app.focus_next", "next chart", "To the next chart, as Tab", id="next-chart"),
        _hidden("k", "app.focus_previous", "chart before", "To the chart before", id="chart-before"),
        Binding("n,pagedown", "turn(1)", "page", tooltip="The next page, where not all charts fit", id="page"),
        _hidden("p,pageup", "turn(-1)", "page back", "The page before", id="page-back"),
    ]

    class GlyphsChosen(Message):
        """The user chose what to plot with."""

        def __init__(self, glyphs: GlyphName) -> None:
            super().__init__()
            self.glyphs = glyphs

    class ChartsChosen(Message):
        """The user chose which charts are shown, and in which order."""

        def __init__(self, optimizer: object, choice: ChartChoice) -> None:
            """`optimizer` is that of the run, as its config has it; None for several runs."""
            super().__init__()
            self.optimizer = optimizer
            self.choice = choice

    def __init__(self) -> None:
        super().__init__()
        self.glyphs: GlyphName = "braille"
        """What charts and readings are drawn with."""
        self._active: dict[str, tuple[str, bool]] = {}
        """What the keys do that the footer names, and whether they can do it."""

    @property
    def charts(self) -> ChartGrid:
        """The charts."""
        return self.query_one(ChartGrid)

    def own_bindings(self) -> list[Binding]:
        """The keys of this screen, its own first, without those that Textual gives to every screen."""
        own = [binding for binding in self._declared() if not binding.action.startswith("choose(")]
        chosen: dict[str | None, Binding] = {}
        for active in self.active_bindings.values():
            chosen.setdefault(active.binding.id, active.binding)
        return [with_chosen_key(binding, chosen.get(binding.id, binding)) for binding in own]

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys that do something now, those of the most special screen first: the footer has room for few."""
        special = {binding.id: place for place, binding in enumerate(reversed([*self._declared()]))}
        active = super().active_bindings
        return dict(sorted(active.items(), key=lambda item: -special.get(item[1].binding.id, -1)))

    def _declared(self) -> list[Binding]:
        """What this screen and the ones that it is made of declare, its own first."""
        screens = [kind for kind in type(self).__mro__ if issubclass(kind, LookingScreen)]
        declared = [binding for screen in screens for binding in vars(screen).get("BINDINGS", ())]
        return [binding for binding in declared if isinstance(binding, Binding)]

    def event_steps(self) -> list[float]:
        """The steps of what is marked in the charts, in order."""
        return []

    def extent(self) -> Extent:
        """The whole run, for the overview."""
        extent = self.charts.extent()
        if extent is None:
            return Extent()
        return Extent(*extent, window=None if self.charts.window.whole else self.charts.window.over(*extent))

    def looked(self) -> None:
        """Called when the window, the page or what is enlarged is another one."""
        below, overview = self.query_one("#below"), self.charts.arrangement.overview
        below.styles.height, below.display = overview, overview > 0 and self.charts.extent() is not None
        self.query_one(Overview).show(self.extent())
        self._name_keys()

    def _name_keys(self) -> None:
        """Have the line of keys named anew where other keys do something now."""
        active = {key: (binding.binding.action, binding.enabled) for key, binding in self.active_bindings.items()}
        if active != self._active:
            self._active = active
            self.refresh_bindings()

    def lay_out(self) -> None:
        """Arrange the charts for the size of the screen."""
        self.charts.fit(self.size)
        self.looked()

    def on_resize(self) -> None:
        self.lay_out()

    def on_chart_grid_changed(self) -> None:
        """What stands around the charts says the same as they do."""
        self.looked()

    # cursor and window

    def on_timeline_cursor_moved(self, message: Timeline.CursorMoved) -> None:
        """One cursor for all charts."""
        self.charts.point(message.step, pinned=message.pinned)

    def on_timeline_zoomed(self, message: Timeline.Zoomed) -> None:
        """The wheel looks closer at the step under the mouse."""
        if extent := self.charts.extent():
            self.charts.look_at(self.charts.window.zoomed(message.step, message.factor, *extent))

    def on_timeline_panned(self, message: Timeline.Panned) -> None:
        """Move the window by columns of a chart."""
        if (extent := self.charts.extent()) and message.timeline.area:
            share = message.columns / message.timeline.area.width
            self.charts.look_at(self.charts.window.panned(share, *extent))

    def on_timeline_selected(self, message: Timeline.Selected) -> None:
        """What was dragged over is what is looked at."""
        self._look_at_stretch(message.first, message.last)

    def on_overview_stretched(self, message: Overview.Stretched) -> None:
        """What was dragged over is what is looked at."""
        self._look_at_stretch(message.first, message.last)

    def on_overview_pointed(self, message: Overview.Pointed) -> None:
        """Move the window so that a step is in its middle."""
        window, extent = self.charts.window, self.charts.extent()
        if extent and not window.whole:
            start, stop = window.over(*extent)
            self.charts.look_at(window.panned((message.step - (start + stop) / 2) / (stop - start), *extent))

    def on_event_list_chosen(self, message: EventList.Chosen) -> None:
        """Go where something happened."""
        self.go_to(float(message.step))

    def go_to(self, step: float) -> None:
        """Put the cursor at a step, and the window around it."""
        if extent := self.charts.extent():
            self.charts.look_at(self.charts.window.showing(step, *extent))
            self.charts.point(step, pinned=True)

    def action_window(self, what: str) -> None:
        """Look closer, wider, at the last steps, at the newest ones, or at all."""
        extent = self.charts.extent()
        if extent is None:
            return
        window, (first, newest) = self.charts.window, extent
        start, stop = window.over(first, newest)
        match what:
            case "in" | "out":
                at = self.charts.cursor
                if at is None:
                    at = newest if window.follows else (start + stop) / 2
                window = window.zoomed(at, ZOOM if what == "in" else 1 / ZOOM, first, newest)
            case "last":
                narrower = 0 if window.whole else stop - start
                count = next((count for count in LASTS if narrower < count < newest - first), None)
                window = Window() if count is None else window.last(count, newest)
            case "follow" if not window.whole:
                window = Window((newest - (stop - start), newest))
            case _:
                window = Window()
        self.charts.look_at(window)

    def action_axis(self) -> None:
        """The next axis."""
        self.notify(f"charts over {AXIS_WORDS[self.charts.next_axis().name]}", timeout=2)

    def action_event(self, direction: int) -> None:
        """Go to the next or the previous event that is marked."""
        at = self.charts.cursor
        here = at if at is not None else -1.0 if direction > 0 else math.inf
        beyond = [step for step in self.event_steps() if (step > here if direction > 0 else step < here)]
        if beyond:
            self.go_to(beyond[0] if direction > 0 else beyond[-1])

    def _look_at_stretch(self, first: float, last: float) -> None:
        if extent := self.charts.extent():
            self.charts.look_at(self.charts.window.chosen(first, last, *extent))

    # what is shown

    def action_ratio(self) -> None:
        """Switch the first chart between S and S ÷ threshold."""
        self.charts.as_ratio = not self.charts.as_ratio
        self.charts.draw()

    def action_smoothed(self) -> None:
        """Draw the means over rows that some charts have, or leave them out."""
        self.charts.smoothed = not self.charts.smoothed
        self.charts.draw()

    def action_choose(self, number: int) -> None:
        """Focus a chart by its number; enlarge the one that has the focus."""
        self.charts.choose(number)

    def action_toggle_log(self) -> None:
        if chart := self.charts.chosen():
            chart.log_axis = not chart.log_axis

    def action_zoom(self) -> None:
        if (chart := self.charts.chosen()) and chart.id:
            self.charts.zoom("" if self.charts.zoomed else chart.id)

    def action_glyphs(self) -> None:
        """The next glyph set, for everything that is drawn."""
        names = list(GLYPHS)
        self.plot_with(names[(names.index(self.glyphs) + 1) % len(names)])
        self.post_message(self.GlyphsChosen(self.glyphs))

    def plot_with(self, glyphs: GlyphName) -> None:
        """Draw with other characters."""
        self.glyphs = glyphs
        self.app.set_class(glyphs == "ascii", "-ascii")  # what is not drawn by hand, such as frames of dialogs
        self.charts.plot_with(glyphs)
        self.query_one(Overview).glyphs = glyphs
        keys = self.query_one(KeyLine)
        keys.unicode = glyphs != "ascii"
        keys.refresh()

    def action_turn(self, pages: int) -> None:
        """Turn to another page, from the last one to the first."""
        self.charts.turn(pages)

    def action_charts(self) -> None:
        """Choose, hide and order the charts."""

        def change(chosen: ChartChoice | None) -> None:
            if chosen is not None and chosen != self.charts.choice:
                self.charts.choice = chosen
                self.lay_out()
                self.post_message(self.ChartsChosen(self.optimizer, chosen))

        self.app.push_screen(self.charts_screen(), change)

    @property
    def optimizer(self) -> object:
        """The optimizer of the run that is shown, as its config has it; None for several runs."""
        return None

    def charts_screen(self) -> ChartsScreen:
        """The question which charts are shown."""
        return ChartsScreen(self.charts.subject.pictures, self.charts.choice)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without other pages there is nothing to turn to."""
        return not self.is_mounted or self.charts.page[1] > 1 if action == "turn" else True
