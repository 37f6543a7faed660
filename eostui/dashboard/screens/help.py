"""The help: every key, and the definition behind every number and word on the screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Label, Static

from eostui.dashboard.subject import definition_of
from eostui.dashboard.widgets.dialog_screen import DialogScreen
from eostui.reading.charts import pictures_of
from eostui.reading.feed import Feed
from eostui.reading.readings import readings_of
from eostui.reading.regime import regimes_of

_IN_EVERY_CHART = (
    (
        "× on an edge",
        "the value there is not finite, or not positive on a logarithmic axis; it is never bridged",
    ),
    (
        "η, e, !, d, p, r",
        "marks: the step size was changed, the edge was reached for the first time, the loss shot up, the training "
        "diverged, was paused, resumed",
    ),
    (
        "cursor",
        "click, or Tab to a chart and ← →: values read off at a step, in all charts; Ctrl+Home and Ctrl+End go to the "
        "first and the last step that are shown, Esc takes it away",
    ),
)


class HelpScreen(DialogScreen[None]):
    """The keys of the screen that asked, then the definitions of what there is to be seen of the run."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "dismiss", "back")]

    def __init__(self, keys: Iterable[Binding], feed: Feed) -> None:
        super().__init__()
        self._feed = feed
        self._keys = [(_key(binding), binding.tooltip or binding.description) for binding in keys]

    def compose(self) -> ComposeResult:
        feed = self._feed
        with VerticalScroll(classes="dialog help"):
            yield Label("Keys", classes="question")
            yield Static(_definitions(self._keys))
            yield Label("Readings", classes="question")
            yield Static(_definitions((reading.label, reading.definition) for reading in readings_of(feed)))
            defined = "" if feed.minibatch else f"s: S {feed.threshold.sharpness}, T threshold, r = S/T"
            yield Label(f"Regime{defined}", classes="question")
            yield Static(_definitions((regime.word, regime.definition) for regime in regimes_of(feed)))
            yield Label("Charts", classes="question")
            charts = [(picture.title, definition_of(picture, feed)) for picture in pictures_of(feed)]
            yield Static(_definitions([*charts, *_IN_EVERY_CHART]))
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
