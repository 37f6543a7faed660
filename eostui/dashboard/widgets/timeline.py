"""A picture over the steps of a run, with a cursor that values are read off at."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive

from eostui.dashboard.widgets.canvas import GLYPHS, GlyphName
from eostui.dashboard.widgets.surface import Surface
from eostui.dashboard.widgets.view import Area


class Timeline(Surface, can_focus=True):
    """Base of charts and heat strips: the keys and the mouse that move a cursor from step to step.

    Home and End are left to the screen: a chart has the focus nearly always, and would take them from a replay.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move_cursor(-1)", "Cursor left", show=False),
        Binding("right", "move_cursor(1)", "Cursor right", show=False),
        Binding("shift+left", "move_cursor(-10)", "Cursor ten columns left", show=False),
        Binding("shift+right", "move_cursor(10)", "Cursor ten columns right", show=False),
        Binding("ctrl+home", "move_cursor_to_end(False)", "Cursor to the first step", show=False),
        Binding("ctrl+end", "move_cursor_to_end(True)", "Cursor to the last step", show=False),
        Binding("escape", "remove_cursor", "Remove cursor", show=False),
    ]

    log_axis: reactive[bool] = reactive(False, repaint=False, init=False)
    """The value axis is logarithmic. (`log` is what every Textual widget writes its log with.)"""

    glyphs: reactive[GlyphName] = reactive[GlyphName]("braille", repaint=False, init=False)
    """What the terminal's font can show."""

    cursor_step: reactive[float | None] = reactive[float | None](None, repaint=False, init=False)
    """The step whose values are read off; setting it posts no message, so that pictures can share a cursor."""

    class CursorMoved(Message):
        """The user moved the cursor of `timeline` to `step`, or removed it (None)."""

        def __init__(self, timeline: Timeline, step: float | None) -> None:
            super().__init__()
            self.timeline = timeline
            self.step = step

        @property
        def control(self) -> Timeline:
            return self.timeline

    def __init__(
        self,
        *,
        log_axis: bool = False,
        glyphs: GlyphName = "braille",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.set_reactive(Timeline.log_axis, log_axis)
        self.set_reactive(Timeline.glyphs, glyphs)

    @property
    def area(self) -> Area | None:
        """Where the picture was drawn last, None where it was not."""
        raise NotImplementedError

    def sampled(self) -> tuple[float, float] | None:
        """The first and the last step that have a sample, None where none has."""
        raise NotImplementedError

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
        area, limits = self.area, self._limits()
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
        area = self.area
        offset = event.get_content_offset(self)
        if area and offset and area.left <= offset.x < area.left + area.width:
            self._move_cursor(round(area.step(offset.x)))

    def _limits(self) -> tuple[float, float] | None:
        """The first and the last step that have a sample and are shown."""
        area, sampled = self.area, self.sampled()
        if area is None or sampled is None:
            return None
        first = max(area.start, sampled[0])
        return first, max(first, min(area.stop, sampled[1]))

    def _move_cursor(self, step: float) -> None:
        if limits := self._limits():
            self._set_cursor(min(max(step, limits[0]), limits[1]))

    def _set_cursor(self, step: float | None) -> None:
        if step != self.cursor_step:
            self.cursor_step = step
            self.post_message(self.CursorMoved(self, step))
