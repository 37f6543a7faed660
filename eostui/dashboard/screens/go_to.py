"""Asking where in a replay to go."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label

from eostui.dashboard.widgets.dialog_screen import DialogScreen
from eostui.dashboard.widgets.entry import Entry
from eostui.reading.numbers import NONE, step_text


def parse_place(text: str, last_step: int) -> int:
    """The step that `1500` or `50%` means. Raises ValueError saying what would be right."""
    if last_step < 0:
        raise ValueError("this run ended before step 0: it has no steps to go to")
    typed = text.strip().replace(",", "")
    try:
        if typed.endswith("%"):
            fraction = float(typed[:-1]) / 100
            step = round(fraction * last_step) if 0 <= fraction <= 1 else -1
        else:
            step = int(typed)
    except (ValueError, OverflowError):
        step = -1
    if not 0 <= step <= last_step:
        raise ValueError(f"{text.strip()!r} is no place in this run: a step from 0 to {last_step}, or 0% to 100%")
    return step


class GoToScreen(DialogScreen[int | None]):
    """A step or a percentage; None when the user stays."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "stay")]

    def __init__(self, step: int, last_step: int) -> None:
        super().__init__()
        self._step = step
        self._last_step = last_step

    def compose(self) -> ComposeResult:
        present = step_text(self._step).removeprefix("step ")
        last = NONE if self._last_step < 0 else f"{self._last_step:,}"
        with Vertical(classes="dialog"):
            yield Label(f"Go to a step, now {present} of {last}", classes="question")
            yield Entry(placeholder="1500 or 50%")
            yield Label("", id="verdict", markup=False)
            yield Label("Enter goes there, Esc stays", classes="hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        try:
            self.dismiss(parse_place(event.value, self._last_step))
        except ValueError as error:
            verdict = self.query_one("#verdict", Label)
            verdict.update(str(error))
            verdict.set_class(True, "wrong")
