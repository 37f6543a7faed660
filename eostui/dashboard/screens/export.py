"""Asking how what is visible shall be saved."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label

from eostui.dashboard.widgets.dialog_screen import DialogScreen

ExportedAs = Literal["svg", "png", "csv"]


class ExportScreen(DialogScreen[ExportedAs | None]):
    """A picture or a table; None where the user thinks better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "dismiss('svg')", "svg"),
        Binding("p", "dismiss('png')", "png"),
        Binding("c", "dismiss('csv')", "csv"),
        Binding("escape,q", "dismiss(None)", "back"),
    ]

    def __init__(self, directory: str) -> None:
        super().__init__()
        self._directory = directory

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label("Save what is visible", classes="question")
            yield Label("s  svg, a picture of the screen", markup=False)
            yield Label("p  png, the same as pixels (needs eostui[plot])", markup=False)
            yield Label("c  csv, the values of the charts", markup=False)
            yield Label(f"It goes to {self._directory}. Esc goes back.", classes="hint", markup=False)
            yield Label("A figure for a paper: eostui plot RUN -o figure.pdf", classes="hint", markup=False)
