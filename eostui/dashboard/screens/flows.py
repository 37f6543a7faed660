"""Choosing which flows move beside a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from eostui.dashboard.flow_offer import FlowOffer
from eostui.dashboard.widgets.dialog_screen import DialogScreen


class FlowsScreen(DialogScreen[tuple[str, ...] | None]):
    """The names of the flows that are to move; None when the user changes nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "switch", "begin or end"),
        Binding("enter", "take", "done", priority=True),
        Binding("escape,q,t", "dismiss(None)", "back"),
    ]

    def __init__(self, offers: Sequence[FlowOffer]) -> None:
        super().__init__()
        self._offers = offers
        self._chosen = {offer.name for offer in offers if offer.moves}

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label("Curves that theory predicts, from the present step on", classes="question")
            yield OptionList(*self._options())
            yield Label("space chooses, Enter begins and ends them, Esc leaves all as it was", classes="hint")

    def on_option_list_option_selected(self) -> None:
        self.action_take()

    def action_switch(self) -> None:
        """Choose the flow under the bar, or leave it out."""
        options = self.query_one(OptionList)
        if (place := options.highlighted) is None:
            return
        self._chosen ^= {self._offers[place].name}
        options.clear_options()
        options.add_options(self._options())
        options.highlighted = place

    def action_take(self) -> None:
        """Apply what was chosen."""
        before = {offer.name for offer in self._offers if offer.moves}
        chosen = tuple(offer.name for offer in self._offers if offer.name in self._chosen)
        self.dismiss(None if set(chosen) == before else chosen)

    def _options(self) -> list[Option]:
        return [Option(self._shown(offer), disabled=bool(offer.refusal)) for offer in self._offers]

    def _shown(self, offer: FlowOffer) -> Text:
        if offer.refusal:
            return Text(f"[-] {offer.name}\n    {offer.refusal}", "dim")
        mark = "x" if offer.name in self._chosen else " "
        return Text(f"[{mark}] {offer.name}: a row costs {offer.cost} gradients\n").append(
            f"    {offer.summary}", "dim"
        )
