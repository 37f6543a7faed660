"""A picture over the steps of a run, with a cursor that values are read off at."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive

from eostui.dashboard.widgets.canvas import GLYPHS, GlyphName
from eostui.dashboard.widgets.drag import Drag
from eostui.dashboard.widgets.surface import Surface
from eostui.dashboard.widgets.view import Area, Dress

_ZOOM_A_NOTCH = 1.25
_COLUMNS_A_NOTCH = 4


class Timeline(Surface, can_focus=True):
    """Base of charts and heat strips: the keys and the mouse that move a cursor from step to step, and that ask the
    screen to show other steps.

    Home and End are left to the screen: a chart has the focus nearly always, and would take them from a replay.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move_cursor(-1)", "Cursor left", id="cursor-left", show=False),
        Binding("right", "move_cursor(1)", "Cursor right", id="cursor-right", show=False),
        Binding("shift+left,H", "pan(-10)", "Earlier steps", id="earlier", show=False),
        Binding("shift+right,L", "pan(10)", "Later steps", id="later", show=False),
        Binding("ctrl+home", "move_cursor_to_end(False)", "Cursor to the first step", id="cursor-first", show=False),
        Binding("ctrl+end", "move_cursor_to_end(True)", "Cursor to the last step", id="cursor-last", show=False),
        Binding("escape", "remove_cursor", "Remove cursor", id="no-cursor", show=False),
    ]

    log_axis: reactive[bool] = reactive(False, repaint=False, init=False)
    """The value axis is logarithmic. (`log` is what every Textual widget writes its log with.)"""

    glyphs: reactive[GlyphName] = reactive[GlyphName]("braille", repaint=False, init=False)
    """What the terminal's font can show."""

    cursor_step: reactive[float | None] = reactive[float | None](None, repaint=False, init=False)
    """The step whose values are read off; setting it posts no message, so that pictures can share a cursor."""

    number: reactive[int | None] = reactive[int | None](None, repaint=False, init=False)
    """The key that chooses this picture, shown before its title."""

    pinned: reactive[bool] = reactive(False, repaint=False, init=False)
    """The cursor stays where it is while the mouse moves; pictures that share a cursor share this, too."""

    class Posted(Message):
        """Something that the user did with `timeline`; the screen decides what comes of it."""

        def __init__(self, timeline: Timeline) -> None:
            super().__init__()
            self.timeline = timeline

        @property
        def control(self) -> Timeline:
            return self.timeline

    class CursorMoved(Posted):
        """The user moved the cursor to `step`, or removed it (None), or pinned or freed it where it is."""

        def __init__(self, timeline: Timeline, step: float | None) -> None:
            super().__init__(timeline)
            self.step = step
            self.pinned = timeline.pinned

    class Zoomed(Posted):
        """The user turned the wheel at `step`: `factor` times as many steps are to be shown around it."""

        def __init__(self, timeline: Timeline, step: float, factor: float) -> None:
            super().__init__(timeline)
            self.step = step
            self.factor = factor

    class Panned(Posted):
        """The user wants to see what is `columns` of cells further right, or left where that is negative."""

        def __init__(self, timeline: Timeline, columns: int) -> None:
            super().__init__(timeline)
            self.columns = columns

    class Selected(Posted):
        """The user dragged the mouse from one of the steps `first` < `last` to the other."""

        def __init__(self, timeline: Timeline, first: float, last: float) -> None:
            super().__init__(timeline)
            self.first = first
            self.last = last

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
        self._drag = Drag()

    @property
    def dress(self) -> Dress:
        """What the picture looks like, whatever it shows."""
        app = self.app
        tints = self.glyphs != "ascii" and not app.native_ansi_color and not app.no_color
        return Dress(self.number, self.has_focus, tints, self._drag.steps)

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

    def watch_number(self) -> None:
        self.repaint()

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.repaint()

    def action_pan(self, columns: int) -> None:
        self.post_message(self.Panned(self, columns))

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
        """Remove the cursor, pinned or not."""
        self.pinned = False
        self._set_cursor(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a cursor escape is left to whoever else wants it."""
        return self.cursor_step is not None if action == "remove_cursor" else True

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if event.button == 1 and (step := self._step_at(event)) is not None:
            self._drag = Drag(start=step, column=event.x)
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        step = self._step_at(event, nearest=self._drag.start is not None)
        if step is None:
            return
        if self._drag.start is not None:
            self._drag = self._drag.to(step, event.x)
            self.repaint()
        elif not self.pinned:
            self._move_cursor(round(step))

    def on_mouse_up(self) -> None:
        self.release_mouse()
        drag, self._drag = self._drag, Drag(done=self._drag.steps is not None)
        if drag.steps is not None:
            first, last = sorted(drag.steps)
            self.post_message(self.Selected(self, first, last))
            self.repaint()

    def on_click(self, event: events.Click) -> None:
        """Pin the cursor where the mouse is, or free it; the click that ends a drag does neither."""
        step, dragged, self._drag = self._step_at(event), self._drag.done, Drag()
        if step is None or dragged:
            return
        self.pinned = not self.pinned
        self._move_cursor(round(step), tell=True)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._turn(event, -1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._turn(event, 1)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        self._turn(event, -1, sideways=True)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        self._turn(event, 1, sideways=True)

    def on_leave(self) -> None:
        if not (self.has_focus or self.pinned) and self.cursor_step is not None:
            self._set_cursor(None)

    def _turn(self, event: events.MouseEvent, way: int, *, sideways: bool = False) -> None:
        """The wheel was turned: zoom at the mouse, or pan with shift or sideways."""
        step = self._step_at(event, nearest=True)
        if step is None:
            return
        event.stop()
        if event.shift or sideways:
            self.post_message(self.Panned(self, way * _COLUMNS_A_NOTCH))
        else:
            self.post_message(self.Zoomed(self, step, _ZOOM_A_NOTCH**way))

    def _step_at(self, event: events.MouseEvent, *, nearest: bool = False) -> float | None:
        """The step where the mouse is, None outside the plot, or with `nearest` that of the nearest column."""
        area = self.area
        if area is None:
            return None
        column = event.x - self.gutter.left
        if not area.left <= column < area.right:
            if not nearest:
                return None
            column = min(max(column, area.left), area.right - 1)
        return area.step(column)

    def _limits(self) -> tuple[float, float] | None:
        """The first and the last step that have a sample and are shown."""
        area, sampled = self.area, self.sampled()
        if area is None or sampled is None:
            return None
        first = max(area.start, sampled[0])
        return first, max(first, min(area.stop, sampled[1]))

    def _move_cursor(self, step: float, *, tell: bool = False) -> None:
        if limits := self._limits():
            self._set_cursor(min(max(step, limits[0]), limits[1]), tell=tell)

    def _set_cursor(self, step: float | None, *, tell: bool = False) -> None:
        """Set the cursor, and say so if it has moved, or in any case to `tell`."""
        if step != self.cursor_step or tell:
            self.cursor_step = step
            self.post_message(self.CursorMoved(self, step))
