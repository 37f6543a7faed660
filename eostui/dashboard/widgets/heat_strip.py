"""A strip that shows how a distribution changes over the steps, and repaints only the cells that changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.reactive import reactive

from eostui.dashboard.widgets.canvas import GLYPHS, GlyphName
from eostui.dashboard.widgets.heat_plot import COLOURS, HeatPlot, HeatView
from eostui.dashboard.widgets.surface import Cells
from eostui.dashboard.widgets.timeline import Timeline
from eostui.dashboard.widgets.view import Area
from eostui.reading.axes import STEPS, Axis
from eostui.reading.densities import Densities
from eostui.reading.trace import Mark, Trace

_PAIRS = COLOURS + 1
_FAINTEST = 0.25  # how much of the cold colour the faintest shade has, to be told from the background


class HeatStrip(Timeline):
    """A distribution over the step: one column of cells a measurement, held until the next one, each cell shaded by the
    logarithm of the share in its bin.

    In colours, two bins a cell, where there are more than the terminal's own sixteen; else by characters. The value
    axis is logarithmic away from zero on both sides, or linear; the keys up and down move the bin that is read off.

    Example:
        ```python
        strip = HeatStrip("spectral density", "λ")
        strip.show(Densities(steps, nodes, weights), until=480)
        ```
    """

    STYLES: ClassVar[tuple[str, ...]] = tuple(
        f"heat-strip--{style}"
        for style in (
            "text",
            "title",
            "muted",
            "value",
            "axis",
            "cursor",
            "mark",
            "change",
            "frame",
            "focus",
            "focus-title",
            "tint",
            "gap",
            "threshold",
            "shade",
            "cold",
            "hot",
        )
    )
    """Everything that has a colour; the shades go from the background over "cold" to "hot"."""

    TINT: ClassVar[str | None] = "heat-strip--tint"

    COMPONENT_CLASSES: ClassVar[set[str]] = set(STYLES)

    DEFAULT_CSS = """
    HeatStrip {
        height: 1fr;
        & > .heat-strip--title { text-style: bold; }
        & > .heat-strip--muted, & > .heat-strip--axis { color: $text-muted; }
        & > .heat-strip--mark { color: $text-muted 70%; }
        & > .heat-strip--change { color: $foreground; text-style: bold; }
        & > .heat-strip--frame { color: $foreground 30%; }
        & > .heat-strip--focus { color: $text-accent; }
        & > .heat-strip--focus-title { color: $text-accent; text-style: bold; }
        & > .heat-strip--tint { background: $error 45%; }
        & > .heat-strip--cursor { color: $text-warning; }
        & > .heat-strip--gap, & > .heat-strip--threshold { color: $text-error; }
        & > .heat-strip--shade { color: $text-accent; }
        & > .heat-strip--cold { color: $primary; }
        & > .heat-strip--hot { color: $warning; }
        &:light > .heat-strip--cold { color: $warning; }
        &:light > .heat-strip--hot { color: $primary; }
        &:ansi {
            & > .heat-strip--muted, & > .heat-strip--axis, & > .heat-strip--mark { color: ansi_bright_black; }
            & > .heat-strip--frame { color: ansi_bright_black; }
            & > .heat-strip--change { color: ansi_default; }
            & > .heat-strip--focus, & > .heat-strip--focus-title { color: ansi_bright_yellow; }
            & > .heat-strip--tint { background: ansi_blue; }
            & > .heat-strip--gap, & > .heat-strip--threshold { color: ansi_red; }
            & > .heat-strip--shade { color: ansi_cyan; }
        }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move_height(1)", "Bin above", id="bin-above", show=False),
        Binding("down", "move_height(-1)", "Bin below", id="bin-below", show=False),
    ]

    cursor_value: reactive[float | None] = reactive[float | None](None, repaint=False, init=False)
    """The value whose share is read off at the cursor; None is the largest that has one."""

    def __init__(
        self,
        title: str,
        value: str,
        *,
        glyphs: GlyphName = "braille",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(log_axis=True, glyphs=glyphs, name=name, id=id, classes=classes)
        numbers = {style.removeprefix("heat-strip--"): number for number, style in enumerate(self.STYLES)}
        ramp = len(numbers)
        numbers |= {f"shade-{level}": ramp + level * _PAIRS for level in range(_PAIRS)}
        self._view = HeatView(title, value)
        self._plot = HeatPlot(numbers, ramp)

    @property
    def area(self) -> Area | None:
        return self._plot.area

    def sampled(self) -> tuple[float, float] | None:
        steps = self._view.densities.steps
        if not len(steps):
            return None
        last = float(steps[-1])
        return float(steps[0]), last if self._view.until is None else max(last, self._view.until)

    def show(
        self,
        densities: Densities,
        reference: Trace | None = None,
        marks: Sequence[Mark] = (),
        x_range: tuple[float, float] | None = None,
        until: float | None = None,
        axis: Axis = STEPS,
    ) -> None:
        """Show distributions over the steps `x_range` (None: all) as `axis` counts them, the last one held until the
        step `until`, with marks and a line to compare them with."""
        self._view = replace(
            self._view,
            densities=densities,
            reference=reference,
            marks=tuple(marks),
            x_range=x_range,
            until=until,
            axis=axis,
        )
        self.repaint()

    def draw(self, width: int, height: int) -> Cells:
        view = replace(
            self._view,
            log=self.log_axis,
            cursor=self.cursor_step,
            height=self.cursor_value,
            dress=self.dress,
            coloured=self.glyphs != "ascii" and not self.app.native_ansi_color,
        )
        return self._plot.draw(view, GLYPHS[self.glyphs], width, height)

    def resolve_styles(self) -> list[Style]:
        ground = self.background_colors[1]
        cold, hot = (self.get_component_styles(f"heat-strip--{name}").color for name in ("cold", "hot"))
        ramp = [ground, *(_shade(level, ground, cold, hot) for level in range(1, _PAIRS))]
        colours = [colour.rich_color for colour in ramp]
        pairs = [Style(color=upper, bgcolor=lower) for upper in colours for lower in colours]
        return [*super().resolve_styles(), *pairs]

    def watch_cursor_value(self) -> None:
        self.repaint()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.repaint()  # with another theme there may be other characters

    def action_move_height(self, bins: int) -> None:
        """Read off some bins above, from nowhere the middle one."""
        scale, count = self._plot.scale, self._plot.bins
        if scale is None or not count:
            return
        now = count // 2 if self.cursor_value is None else scale.row(self.cursor_value, count) - bins
        self._read_off(min(max(now, 0), count - 1))

    def action_remove_cursor(self) -> None:
        self.cursor_value = None
        super().action_remove_cursor()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self._point_height(event)

    def on_click(self, event: events.Click) -> None:
        self._point_height(event)

    def on_leave(self) -> None:
        if not (self.has_focus or self.pinned):
            self.cursor_value = None

    def _point_height(self, event: events.MouseEvent) -> None:
        """Read off the bin where the mouse is, unless the cursor is pinned elsewhere."""
        if self.pinned:
            return
        area, offset = self.area, event.get_content_offset(self)
        if area and offset and area.top <= offset.y < area.top + area.height:
            halves = self._plot.bins // area.height
            self._read_off((offset.y - area.top) * halves)

    def _read_off(self, bin: int) -> None:
        """Read off the bin that is so many from the top."""
        scale, count = self._plot.scale, self._plot.bins
        if scale is not None and count:
            edges = scale.edges(count)
            self.cursor_value = float(edges[count - 1 - bin] + edges[count - bin]) / 2


def _shade(level: int, ground: Color, cold: Color, hot: Color) -> Color:
    """One of the `COLOURS` shades: the lower half of them from the background to cold, the others on to hot."""
    share = 2 * level / COLOURS
    return ground.blend(cold, _FAINTEST + (1 - _FAINTEST) * share, 1) if share <= 1 else cold.blend(hot, share - 1, 1)
