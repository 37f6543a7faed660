"""Everything that happened during a run, in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label

from eostui.dashboard.widgets.dialog_screen import DialogScreen
from eostui.dashboard.widgets.event_list import EventList
from eostui.reading.happenings import Happening


class EventsScreen(DialogScreen[int | None]):
    """The step of the event that the user wants to go to; None when the user stays."""

    # the list has a use of its own for Escape, which is to go back to the charts
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,e", "dismiss(None)", "back", priority=True)]

    def __init__(self, happenings: Sequence[Happening]) -> None:
        super().__init__()
        self._happenings = happenings

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog events"):
            yield Label("What happened", classes="question")
            yield EventList()
            yield Label("Enter goes there, Esc goes back", classes="hint")

    def on_mount(self) -> None:
        events = self.query_one(EventList)
        events.show(self._happenings)
        events.focus()
        events.action_last()

    def on_event_list_chosen(self, message: EventList.Chosen) -> None:
        message.stop()
        self.dismiss(message.step)
