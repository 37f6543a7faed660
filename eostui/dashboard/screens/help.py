"""The help: every key, and the definition behind every number and word on the screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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

Row = tuple[str, str]
"""A key, a sign or a word, and what it means."""

_MOUSE = (
    ("wheel", "fewer or more steps, around the one under the mouse; with Shift, or sideways, to other steps"),
    ("drag", "the steps that were dragged over fill the charts; in the overview, too"),
    ("click", "pins the cursor in all charts, and frees it again; on an event or in the overview, goes there"),
)
_READING = (
    ("┴ cert", "below a chart: the solver certified the value there"),
    ("tint", "where a curve runs along the threshold, whose line gives way to it"),
    ("↑ ↓", "beside a chart: the threshold is above or below what it shows"),
    ("· · ·", "the threshold of a step size while it is being typed"),
    ("◂ λ₁, λ₂, …", "each eigenvalue has a colour of its own, and keeps it where it crosses another one"),
    (
        "η e ! d n p r",
        "marks: the step size was changed, the edge was reached for the first time, the loss shot up, the training "
        "diverged, somebody took a note, the training was paused, resumed",
    ),
    ("× on an edge", "the value there is not finite, or not positive on a logarithmic axis; it is never bridged"),
    (
        "cursor",
        "Tab to a chart and ← →: values read off at a step, in all charts; Ctrl+Home and Ctrl+End go to the "
        "first and the last step that are shown, Esc takes it away",
    ),
)


class HelpScreen(DialogScreen[None]):
    """The keys of the screen that asked, then the definitions of what there is to be seen of the run."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "dismiss", "back")]

    def __init__(self, keys: Iterable[Binding], feed: Feed, reasons: str) -> None:
        """`reasons` says which colours and signs were chosen for the terminal, and why."""
        super().__init__()
        self._feed = feed
        self._reasons = reasons
        self._keys = [(_key(binding), binding.tooltip or binding.description) for binding in keys]

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog help"):
            for title, rows in self._sections():
                yield Label(title, classes="question")
                yield Static(_definitions(rows))
            yield Label("Terminal", classes="question")
            yield Static(self._reasons, markup=False)
            yield Label("Esc goes back", classes="hint")

    def _sections(self) -> Iterator[tuple[str, Iterable[Row]]]:
        feed = self._feed
        defined = "" if feed.minibatch else f": S {feed.threshold.sharpness}, T threshold, r = S/T"
        yield "Keys", self._keys
        yield "Mouse", _MOUSE
        yield "Reading the charts", _READING
        yield f"Regimes{defined}", ((regime.word, regime.definition) for regime in regimes_of(feed))
        yield "Readings", ((reading.label, reading.definition) for reading in readings_of(feed))
        yield "Charts", ((picture.title, definition_of(picture, feed)) for picture in pictures_of(feed))


def _key(binding: Binding) -> str:
    names = {"plus": "+", "minus": "-"}
    first = binding.key.partition(",")[0]
    return binding.key_display or names.get(first, first)


def _definitions(rows: Iterable[Row]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for word, definition in rows:
        table.add_row(word, definition)
    return table
