"""Asking for a new step size."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from eostui.config import ConfigError, parse_step_size
from eostui.dashboard.widgets.entry import Entry


class StepSizeScreen(ModalScreen[float | None]):
    """A new step size as a number or a fraction; None when the user thinks better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "keep")]

    def __init__(self, lr: float, threshold: float, formula: str, factor: float) -> None:
        super().__init__()
        self._lr = lr
        self._threshold = threshold
        self._formula = formula
        self._factor = factor

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(f"Step size η, now {self._lr:g} ({self._formula} = {self._threshold:g})", classes="question")
            yield Entry(f"{self._lr * self._factor:g}", placeholder="0.02 or 2/100")
            yield Label("", id="verdict", markup=False)
            yield Label("Enter applies it between two steps, Esc keeps the old one", classes="hint")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what the entry would mean, or what is wrong with it, while it is typed."""
        verdict = self.query_one("#verdict", Label)
        try:
            lr = parse_step_size(event.value)
        except ConfigError as error:
            verdict.update(str(error))
            verdict.set_class(True, "wrong")
        else:
            # every threshold is proportional to 1/η, weight decay aside
            verdict.update(f"threshold {self._formula} ≈ {self._threshold * self._lr / lr:g}")
            verdict.set_class(False, "wrong")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        try:
            self.dismiss(parse_step_size(event.value))
        except ConfigError:
            self.app.bell()
