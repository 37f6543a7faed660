"""Asking for a new step size."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label

from eostui.config import ConfigError, parse_step_size
from eostui.dashboard.widgets.dialog_screen import DialogScreen
from eostui.dashboard.widgets.entry import Entry
from eostui.reading.present_sharpness import PresentSharpness
from eostui.reading.step_size import StepSize, step_size_text, times

Preview = Callable[[float | None], None]
"""Shows a threshold on the chart, or none."""


class StepSizeScreen(DialogScreen[float | None]):
    """A new step size as a number or a fraction; None when the user thinks better of it.

    While it is typed its threshold is previewed, and the present sharpness is held against it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "keep")]

    def __init__(
        self,
        present: StepSize,
        factor: float,
        sharpness: PresentSharpness | None = None,
        preview: Preview = lambda _threshold: None,
        *,
        question: str = "Step size η",
        hint: str = "",
    ) -> None:
        """`hint` is what Enter and Esc do; empty where they apply the step size to the run itself."""
        super().__init__()
        self._question = question
        self._hint = hint
        self._present = present
        self._factor = factor
        self._sharpness = sharpness
        self._preview = preview

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog low"):
            present = self._present
            edge = "" if present.formula is None else f"; edge {present.formula} = {present.threshold:.5g}"
            yield Label(f"{self._question}, now {step_size_text(present.lr)}{edge}", classes="question", markup=False)
            offered = step_size_text(times(present.lr, self._factor)) if present.lr else ""
            yield Entry(offered, placeholder="0.02 or 2/100")
            yield Label("", id="verdict", markup=False)
            schedule = "; the schedule no longer applies from then on" if present.scheduled else ""
            hint = self._hint or f"Enter applies it between two steps{schedule}, Esc keeps the old one"
            yield Label(hint, classes="hint")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what the entry would mean, or what is wrong with it, while it is typed."""
        verdict = self.query_one("#verdict", Label)
        try:
            lr = parse_step_size(event.value)
        except ConfigError as error:
            self._preview(None)
            verdict.update(str(error))
            verdict.set_class(True, "wrong")
        else:
            threshold = self._present.threshold_at(lr)
            known = self._present.formula is not None and math.isfinite(threshold)
            self._preview(threshold if known else None)
            expected = self._expected(threshold)
            verdict.update(f"edge ≈ {threshold:.5g} ({self._present.formula}). {expected}" if known else "")
            verdict.set_class(expected.endswith(HOPELESS_WORDS), "wrong")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        try:
            lr = parse_step_size(event.value)
        except ConfigError:
            self.app.bell()
        else:
            self._preview(None)
            self.dismiss(lr)

    async def action_dismiss(self, result: float | None = None) -> None:
        self._preview(None)
        await super().action_dismiss(result)

    def _expected(self, threshold: float) -> str:
        """What the present sharpness means for a step size with a threshold."""
        if self._sharpness is None or not math.isfinite(self._sharpness.value) or not threshold > 0:
            return ""
        value = self._sharpness.value
        ratio = value / threshold
        said = f"S is {value:.4g} now, {_times(ratio)} × that: "
        if ratio > HOPELESS:
            return said + HOPELESS_WORDS
        if ratio > SPIKE:
            return said + "expect the loss to spike, and S to fall, if the run does not diverge"
        if ratio > 1:
            return said + "expect the oscillation to grow until S has come down"
        if ratio > NEAR:
            return said + "the run stays near its edge"
        return said + "expect S to rise"


def _times(ratio: float) -> str:
    """A ratio to two digits, in powers of ten where it is huge: 0.45, 6.8e9."""
    mantissa, _, power = f"{ratio:.2g}".partition("e+")
    return f"{mantissa}e{int(power)}" if power else mantissa


HOPELESS, SPIKE, NEAR = 1000.0, 1.5, 0.85
"""Ratios of S to the new threshold from which no run survives, the loss is expected to spike, and the run to stay near
its edge."""
HOPELESS_WORDS = "the run will diverge"
