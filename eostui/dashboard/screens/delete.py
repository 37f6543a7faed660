"""Asking before runs are deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label

from eostui.dashboard.widgets.dialog_screen import DialogScreen

_NAMED = 6


class DeleteScreen(DialogScreen[bool]):
    """Whether some runs shall go for good; only `y` says so."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "delete"),
        Binding("escape,n,q,enter", "dismiss(False)", "keep"),
    ]

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = names

    def compose(self) -> ComposeResult:
        count = len(self._names)
        with Vertical(classes="dialog"):
            yield Label(f"Delete {'this run' if count == 1 else f'these {count} runs'} for good?", classes="question")
            for name in self._names[:_NAMED]:
                yield Label(name, markup=False)
            if count > _NAMED:
                yield Label(f"and {count - _NAMED} more")
            yield Label("y deletes all their files, Esc keeps them", classes="hint")
