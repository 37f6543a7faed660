"""Asking for a note."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label

from eostui.dashboard.widgets.dialog_screen import DialogScreen
from eostui.dashboard.widgets.entry import Entry


class NoteScreen(DialogScreen[str | None]):
    """A note of one line; None when the user thinks better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "back")]

    def __init__(self, step: int) -> None:
        """`step` is the one before which the run stands by now."""
        super().__init__()
        self._step = step

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(f"A note, now before step {self._step:,}", classes="question")
            yield Entry(placeholder="the loss jumps here")
            yield Label("Enter writes it into the run's file, Esc writes nothing", classes="hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self.dismiss(event.value.strip())
        else:
            self.app.bell()
