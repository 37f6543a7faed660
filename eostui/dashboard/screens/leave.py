"""The question that `q` asks about a live run."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Button, Label

from eostui.dashboard.widgets.dialog_screen import DialogScreen


class Leave(Enum):
    """What becomes of the training."""

    RUNNING = "leave it running"
    STOP = "stop it"


class LeaveScreen(DialogScreen[Leave | None]):
    """Leave the training running, stop it cleanly, or stay (None)."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "choose('RUNNING')", "leave"),
        Binding("s", "choose('STOP')", "stop"),
        Binding("escape,q", "dismiss(None)", "stay"),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    def __init__(self, place: str) -> None:
        super().__init__()
        self._place = place

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label("Quit: what becomes of the training?", classes="question")
            yield Button("[u]L[/u]eave it running   it trains on in the background", id="RUNNING", compact=True)
            yield Button(
                "[u]S[/u]top it            after the present step; its file keeps all", id="STOP", compact=True
            )
            yield Button("Stay (Esc)         nothing changes", id="STAY", compact=True)
            yield Label(f"Come back with: eostui attach {self._place}", classes="hint", markup=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(Leave.__members__.get(event.button.id or ""))

    def action_choose(self, choice: str) -> None:
        self.dismiss(Leave[choice])
