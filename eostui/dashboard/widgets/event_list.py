"""What happened during a run, as a list from which one can go there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from eostui.reading.happenings import Happening

MOST = 500
"""Events that are listed: the newest ones."""


class EventList(OptionList):
    """The newest event last. Enter or a click goes to the step of one."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "back to the charts", show=False)]
    DEFAULT_CSS = """
    EventList {
        height: 100%;
        width: 1fr;
        padding: 0 0 0 1;
        background: transparent;
        border: round $foreground 30%;
        border-title-style: bold;
        scrollbar-size: 0 0;
        overflow-x: hidden;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    """

    class Chosen(Message):
        """The user wants to go to `step`."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self.border_title = "events"
        self._shown: list[Happening] = []

    def show(self, happenings: Sequence[Happening]) -> None:
        """List what happened; what is new comes at the end."""
        wanted = list(happenings[-MOST:])
        if wanted == self._shown:
            return
        grown = wanted[: len(self._shown)] == self._shown
        fresh = wanted[len(self._shown) :] if grown else wanted
        if not grown:
            self.clear_options()
        self.add_options([Option(_line(happening)) for happening in fresh])
        self._shown = wanted
        self.border_title = f"events {len(wanted)}" if wanted else "events"
        self._to_newest()

    def on_resize(self) -> None:
        """A list that was not shown when it was filled could not scroll yet."""
        self._to_newest()

    def _to_newest(self) -> None:
        if not self.has_focus:
            self.call_after_refresh(self.scroll_end, animate=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Chosen(self._shown[event.option_index].step))

    def action_leave(self) -> None:
        self.screen.focus_next("Timeline")


def _line(happening: Happening) -> Text:
    style = "bold" if happening.weight >= 2 else "" if happening.weight else "dim"
    line = Text(f"{max(happening.step, 0):>6,} ", "dim")
    return line.append(happening.text, style)
