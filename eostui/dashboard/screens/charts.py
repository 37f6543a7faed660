"""Choosing which charts are shown, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from eostui.dashboard.chart_choice import ChartChoice
from eostui.dashboard.subject import Titled
from eostui.dashboard.widgets.dialog_screen import DialogScreen


class ChartsScreen(DialogScreen[ChartChoice | None]):
    """The charts as a list: space hides or shows one, shift and an arrow move it.

    None when the user changes nothing.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "show_or_hide", "show or hide"),
        Binding("shift+up,K", "move(-1)", "up"),
        Binding("shift+down,J", "move(1)", "down"),
        Binding("enter", "take", "done", priority=True),
        Binding("escape,q,v", "dismiss(None)", "back"),
    ]

    def __init__(self, pictures: Sequence[Titled], choice: ChartChoice) -> None:
        super().__init__()
        self._pictures = ChartChoice(choice.order).of(pictures)
        self._hidden = set(choice.hidden)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label("Charts", classes="question")
            yield OptionList(*self._options())
            yield Label("space shows or hides, ⇧↑ ⇧↓ move, Enter applies, Esc changes nothing", classes="hint")

    def on_mount(self) -> None:
        self.query_one(OptionList).highlighted = 0

    def on_option_list_option_selected(self) -> None:
        self.action_take()

    def action_show_or_hide(self) -> None:
        """Hide the chart under the bar, or show it; one chart at least stays."""
        index = self.query_one(OptionList).highlighted
        if index is None:
            return
        name = self._pictures[index].name
        if name in self._hidden:
            self._hidden.remove(name)
        elif len(self._hidden) + 1 < len(self._pictures):
            self._hidden.add(name)
        else:
            self.app.bell()
        self._list_again(index)

    def action_move(self, places: int) -> None:
        """Move the chart under the bar."""
        index = self.query_one(OptionList).highlighted
        if index is not None and 0 <= index + places < len(self._pictures):
            self._pictures.insert(index + places, self._pictures.pop(index))
            self._list_again(index + places)

    def action_take(self) -> None:
        """Apply what was chosen."""
        names = tuple(picture.name for picture in self._pictures)
        self.dismiss(ChartChoice(names, tuple(name for name in names if name in self._hidden)))

    def _list_again(self, highlighted: int) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(self._options())
        options.highlighted = highlighted

    def _options(self) -> list[Option]:
        return [
            Option(Text(f"{'[ ]' if picture.name in self._hidden else '[x]'} {number:2} {picture.title}"))
            for number, picture in enumerate(self._pictures, 1)
        ]
