"""A chart of series over the step, which repaints only the cells that changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive

from eostui.dashboard.widgets.canvas import GLYPHS, GlyphName
from eostui.dashboard.widgets.plot import Plot
from eostui.dashboard.widgets.surface import Cells, Surface
from eostui.dashboard.widgets.trace import Mark, Trace
from eostui.dashboard.widgets.view import View


class Chart(Surface, can_focus=True):
    """Traces over the step, each sample in its place: no spike lost, no gap bridged.

    Example:
        ```python
        chart = Chart("loss", log_axis=True)
        chart.show([Trace("train", steps, losses, role="loss")], marks=[Mark(120, "η 0.02 → 0.01")])
        ```
    """

    STYLES: ClassVar[tuple[str, ...]] = tuple(
        f"chart--{role}"
        for role in (
            "text",
            "title",
            "muted",
            "value",
            "axis",
            "cursor",
            "mark",
            "trace",
            "loss",
            "batch-loss",
            "test-loss",
            "sharpness",
            "threshold",
            "eigenvalue",
            "gauss-newton",
            "flow",
        )
    )
    """Everything that has a colour. The role "loss" is `chart--loss`; unknown roles are `chart--trace`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(STYLES)

    DEFAULT_CSS = """
    Chart {
        height: 1fr;
        & > .chart--title { text-style: bold; }
        & > .chart--muted, & > .chart--axis, & > .chart--mark { color: $text-muted; }
        & > .chart--cursor { color: $text-warning; }
        & > .chart--trace { color: $text-primary; }
        & > .chart--loss { color: $text-primary; }
        & > .chart--batch-loss { color: $text-primary 50%; }
        & > .chart--test-loss { color: $text-accent; }
        & > .chart--sharpness { color: $text-success; }
        & > .chart--threshold { color: $text-error; }
        & > .chart--eigenvalue { color: $text-success 50%; }
        & > .chart--gauss-newton { color: $text-accent; }
        & > .chart--flow { color: $text-secondary; }
        &:focus > .chart--title { text-style: bold reverse; }
        &:ansi {
            & > .chart--muted, & > .chart--axis, & > .chart--mark { color: ansi_bright_black; }
            & > .chart--trace, & > .chart--loss { color: ansi_cyan; }
            & > .chart--batch-loss { color: ansi_cyan; text-style: dim; }
            & > .chart--test-loss, & > .chart--gauss-newton { color: ansi_magenta; }
            & > .chart--sharpness { color: ansi_green; }
            & > .chart--eigenvalue { color: ansi_green; text-style: dim; }
            & > .chart--threshold { color: ansi_red; }
            & > .chart--flow { color: ansi_yellow; }
        }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move_cursor(-1)", "Cursor left", show=False),
        Binding("right", "move_cursor(1)", "Cursor right", show=False),
        Binding("shift+left", "move_cursor(-10)", "Cursor ten columns left", show=False),
        Binding("shift+right", "move_cursor(10)", "Cursor ten columns right", show=False),
        Binding("home", "move_cursor_to_end(False)", "Cursor to the first step", show=False),
        Binding("end", "move_cursor_to_end(True)", "Cursor to the last step", show=False),
        Binding("escape", "remove_cursor", "Remove cursor", show=False),
    ]

    log_axis: reactive[bool] = reactive(False, repaint=False, init=False)
    """The value axis is logarithmic. (`log` is what every Textual widget writes its log with.)"""

    glyphs: reactive[GlyphName] = reactive[GlyphName]("braille", repaint=False, init=False)
    """What the terminal's font can show."""

    cursor_step: reactive[float | None] = reactive[float | None](None, repaint=False, init=False)
    """The step whose values are read off; setting it posts no message, so that charts can share a cursor."""

    class CursorMoved(Message):
        """The user moved the cursor of `chart` to `step`, or removed it (None)."""

        def __init__(self, chart: Chart, step: float | None) -> None:
            super().__init__()
            self.chart = chart
            self.step = step

        @property
        def control(self) -> Chart:
            return self.chart

    def __init__(
        self,
        title: str,
        *,
        unit: str = "",
        x_unit: str = "step",
        log_axis: bool = False,
        glyphs: GlyphName = "braille",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._view = View(title, unit, x_unit)
        self._plot = Plot([style.removeprefix("chart--") for style in self.STYLES])
        self.set_reactive(Chart.log_axis, log_axis)
        self.set_reactive(Chart.glyphs, glyphs)

    def show(
        self,
        traces: Sequence[Trace],
        marks: Sequence[Mark] = (),
        x_range: tuple[float, float] | None = None,
    ) -> None:
        """Show traces, the most important one last, and marks, over the steps `x_range` (None: all).

        Series may grow between calls at the cost of their new samples; other changes cost a pass over them.
        """
        self._view = replace(self._view, traces=tuple(traces), marks=tuple(marks), x_range=x_range)
        self.repaint()

    def draw(self, width: int, height: int) -> Cells:
        view = replace(self._view, log=self.log_axis, cursor=self.cursor_step)
        return self._plot.draw(view, GLYPHS[self.glyphs], width, height)

    def validate_glyphs(self, glyphs: GlyphName) -> GlyphName:
        if glyphs not in GLYPHS:
            raise ValueError(f"no glyphs {glyphs!r}: choose one of {', '.join(GLYPHS)}")
        return glyphs

    def watch_log_axis(self) -> None:
        self.repaint()

    def watch_glyphs(self) -> None:
        self.repaint()

    def watch_cursor_step(self) -> None:
        self.repaint()

    def action_move_cursor(self, columns: int) -> None:
        """Move the cursor by columns, by a step where columns are narrower; from nowhere to the last step."""
        area, limits = self._plot.area, self._limits()
        if area is None or limits is None:
            return
        now = self.cursor_step
        column = None if now is None else area.column(now)
        if now is None or column is None:
            self._move_cursor(limits[1])
            return
        target = round(area.step(column + columns))
        nearest = now + (1 if columns > 0 else -1)
        self._move_cursor(max(target, nearest) if columns > 0 else min(target, nearest))

    def action_move_cursor_to_end(self, last: bool) -> None:
        if limits := self._limits():
            self._move_cursor(limits[last])

    def action_remove_cursor(self) -> None:
        self._set_cursor(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a cursor escape is left to whoever else wants it."""
        return self.cursor_step is not None if action == "remove_cursor" else True

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self._point(event)

    def on_click(self, event: events.Click) -> None:
        self._point(event)

    def on_leave(self) -> None:
        if not self.has_focus and self.cursor_step is not None:
            self._set_cursor(None)

    def _point(self, event: events.MouseEvent) -> None:
        """Put the cursor where the mouse is."""
        area = self._plot.area
        offset = event.get_content_offset(self)
        if area and offset and area.left <= offset.x < area.left + area.width:
            self._move_cursor(round(area.step(offset.x)))

    def _limits(self) -> tuple[float, float] | None:
        """The first and the last step that have a sample and are shown."""
        area = self._plot.area
        sampled = [trace.x for trace in self._view.traces if len(trace.x)]
        if area is None or not sampled:
            return None
        first = max(area.start, min(float(x[0]) for x in sampled))
        return first, max(first, min(area.stop, max(float(x[-1]) for x in sampled)))

    def _move_cursor(self, step: float) -> None:
        if limits := self._limits():
            self._set_cursor(min(max(step, limits[0]), limits[1]))

    def _set_cursor(self, step: float | None) -> None:
        if step != self.cursor_step:
            self.cursor_step = step
            self.post_message(self.CursorMoved(self, step))
