"""The help: every key, and the definition behind every number and word on the screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Label, Static

from eostui.dashboard.readings import READINGS
from eostui.dashboard.regime import Regime

_CHARTS = (
    ("Sharpness", "λ1 (the sharpness), λ2, … of the loss Hessian H = ∇²L, and the stability threshold as a staircase"),
    ("Loss", "training loss at every step, test loss where it was measured"),
    (
        "Gauss–Newton",
        "eigenvalues of G = mean of Jᵀ(∇²_z ℓ)J: H without the term of the network's own curvature",
    ),
    (
        "× on an edge",
        "the value there is not finite, or not positive on a logarithmic axis; it is never bridged",
    ),
    ("η, p, r", "marks: the step size was changed, the training was paused, resumed"),
    (
        "cursor",
        "click, or Tab to a chart and ← →: values read off at a step, in all charts; Esc takes it away",
    ),
)


class HelpScreen(ModalScreen[None]):
    """The keys of the screen that asked, then the definitions."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "dismiss", "back")]

    def __init__(self, keys: Iterable[Binding]) -> None:
        super().__init__()
        self._keys = [(_key(binding), binding.tooltip or binding.description) for binding in keys]

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog help"):
            yield Label("Keys", classes="question")
            yield Static(_definitions(self._keys))
            yield Label("Readings", classes="question")
            yield Static(_definitions((reading.label, reading.definition) for reading in READINGS))
            yield Label("Regimes: S sharpness, T threshold, r = S/T", classes="question")
            yield Static(_definitions((regime.word, regime.definition) for regime in Regime))
            yield Label("Charts", classes="question")
            yield Static(_definitions(_CHARTS))
            yield Label("Esc goes back", classes="hint")


def _key(binding: Binding) -> str:
    names = {"plus": "+", "minus": "-"}
    first = binding.key.partition(",")[0]
    return binding.key_display or names.get(first, first)


def _definitions(rows: Iterable[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for word, definition in rows:
        table.add_row(word, definition)
    return table
