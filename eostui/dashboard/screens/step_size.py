"""Asking for a new step size."""

from __future__ import annotations

import math
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label

from eostui.config import ConfigError, parse_step_size
from eostui.dashboard.widgets.dialog_screen import DialogScreen
from eostui.dashboard.widgets.entry import Entry
from eostui.reading.step_size import StepSize, step_size_text


class StepSizeScreen(DialogScreen[float | None]):
    """A new step size as a number or a fraction; None when the user thinks better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "keep")]

    def __init__(self, present: StepSize, factor: float) -> None:
        super().__init__()
        self._present = present
        self._factor = factor

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            present = self._present
            threshold = "" if present.formula is None else f" ({present.formula} = {present.threshold:g})"
            yield Label(f"Step size η, now {step_size_text(present.lr)}{threshold}", classes="question", markup=False)
            yield Entry(step_size_text(present.lr * self._factor) if present.lr else "", placeholder="0.02 or 2/100")
            yield Label("", id="verdict", markup=False)
            schedule = "; the schedule no longer applies from then on" if present.scheduled else ""
            yield Label(f"Enter applies it between two steps{schedule}, Esc keeps the old one", classes="hint")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what the entry would mean, or what is wrong with it, while it is typed."""
        verdict = self.query_one("#verdict", Label)
        try:
            lr = parse_step_size(event.value)
        except ConfigError as error:
            verdict.update(str(error))
            verdict.set_class(True, "wrong")
        else:
            threshold = self._present.threshold_at(lr)
            known = self._present.formula is not None and math.isfinite(threshold)
            verdict.update(f"threshold ≈ {threshold:g} ({self._present.formula})" if known else "")
            verdict.set_class(False, "wrong")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        try:
            self.dismiss(parse_step_size(event.value))
        except ConfigError:
            self.app.bell()
