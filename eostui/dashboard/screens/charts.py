"""Choosing which charts are shown, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from eostui.dashboard.chart_choice import ChartChoice
from eostui.dashboard.choosable import Choosable, Offer
from eostui.dashboard.subject import Titled
from eostui.dashboard.widgets.dialog_screen import DialogScreen
from eostui.link.verb import Verb

Ask = Callable[[Verb, str], None]
"""Asks the trainer to begin (`TRACK`) or to end (`UNTRACK`) measuring with an instrument."""


SECONDS = 1.0
"""From one look at what the run measures to the next."""


def _nobody(verb: Verb, instrument: str) -> None:
    """A saved run has no trainer."""


def _nothing() -> None:
    """Nor anything that it could measure."""


class ChartsScreen(DialogScreen[ChartChoice | None]):
    """The charts as a list: space hides or shows one, shift and an arrow move it. None when the user changes nothing.

    Below them are the instruments that a trainer could measure with; it is asked at once, whatever becomes of the rest.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "switch", "show or hide"),
        Binding("shift+up,K", "move(-1)", "up"),
        Binding("shift+down,J", "move(1)", "down"),
        Binding("x", "measure_no_more", "measure no more"),
        Binding("enter", "take", "done", priority=True),
        Binding("escape,q,v", "dismiss(None)", "back"),
    ]

    def __init__(
        self,
        pictures: Callable[[], Sequence[Titled]],
        choice: ChartChoice,
        choosable: Callable[[], Choosable | None] = _nothing,
        ask: Ask = _nobody,
    ) -> None:
        """`pictures` and `choosable` say what there is by now; `choosable` says None where no run is being trained."""
        super().__init__()
        self._choice = choice
        self._find_pictures, self._find_choosable = pictures, choosable
        self._usual = [picture.name for picture in pictures()]
        self._pictures = choice.in_order(pictures())
        self._hidden = {picture.name for picture in self._pictures if choice.hides(picture)}
        self._choosable = choosable()
        self._ask = ask
        self._asked: set[str] = set()
        """The instruments that the trainer was asked to begin or to end with."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label("Charts", classes="question")
            yield OptionList(*self._options())
            more = ", x measures one no more" if self._choosable else ""
            yield Label(
                f"space shows or hides, ⇧↑ ⇧↓ move{more}, Enter applies, Esc leaves all as it was", classes="hint"
            )

    def on_mount(self) -> None:
        self.query_one(OptionList).highlighted = 0
        self.set_interval(SECONDS, self._look_again)

    @property
    def _offers(self) -> Sequence[Offer]:
        """The instruments that the trainer could measure with."""
        return self._choosable.offers if self._choosable else ()

    def _look_again(self) -> None:
        """List what the run measures by now; the bar stays on what it is on."""
        choosable, known = self._find_choosable(), {picture.name: picture for picture in self._find_pictures()}
        names = [picture.name for picture in self._pictures]
        if choosable == self._choosable and known.keys() == set(names):
            return
        offer, place = self._offer(), self._place()
        under = offer.name if offer else names[place] if place is not None else ""
        if choosable:
            offered = {one.name for one in choosable.offers}
            before = {one.name for one in self._offers}
            self._asked -= before ^ offered  # what was asked for is done
        self._choosable = choosable
        self._usual = list(known)
        kept = [picture for picture in self._pictures if picture.name in known]
        fresh = [picture for name, picture in known.items() if name not in names]
        self._pictures = kept + fresh
        self._hidden |= {picture.name for picture in fresh if self._choice.hides(picture)}
        after = [picture.name for picture in self._pictures]
        offers = [one.name for one in self._offers]
        came = {instrument: name for name, instrument in choosable.behind.items()} if choosable else {}
        under = came.get(under, under)  # the chart of an instrument that was asked for
        if under in after:
            self._list_again(after.index(under))
        else:
            self._list_again(len(after) + 1 + offers.index(under) if under in offers else 0)

    def on_option_list_option_selected(self) -> None:
        self.action_take()

    def action_switch(self) -> None:
        """Hide the chart under the bar, or show it; one chart at least stays. Ask for the instrument under the bar."""
        if (offer := self._offer()) is not None:
            self._ask_for(Verb.TRACK, offer.name)
        elif (place := self._place()) is not None:
            self._show_or_hide(self._pictures[place].name)

    def action_move(self, places: int) -> None:
        """Move the chart under the bar."""
        place = self._place()
        if place is not None and 0 <= place + places < len(self._pictures):
            self._pictures.insert(place + places, self._pictures.pop(place))
            self._list_again(place + places)

    def action_measure_no_more(self) -> None:
        """Ask the trainer to measure no more what the chart under the bar shows."""
        place = self._place()
        if self._choosable is None or place is None:
            return
        picture = self._pictures[place]
        if picture.name in self._choosable.behind:
            self._ask_for(Verb.UNTRACK, self._choosable.behind[picture.name])
        else:
            self.notify(f"{picture.title} is not measured by an instrument that can be switched off", markup=False)

    def action_take(self) -> None:
        """Apply what was chosen; on an instrument, ask for it."""
        if self._offer() is not None:
            self.action_switch()
            return
        names = [picture.name for picture in self._pictures]
        order = names if names != self._usual else []
        hidden = [picture.name for picture in self._pictures if picture.name in self._hidden and not picture.aside]
        shown = [picture.name for picture in self._pictures if picture.name not in self._hidden and picture.aside]
        # what is known of the charts of other runs stays
        self.dismiss(
            ChartChoice(
                (*order, *(name for name in self._choice.order if name not in names)),
                (*hidden, *(name for name in self._choice.hidden if name not in names)),
                (*shown, *(name for name in self._choice.shown if name not in names)),
            )
        )

    def _show_or_hide(self, name: str) -> None:
        if name in self._hidden:
            self._hidden.remove(name)
        elif sum(picture.name not in self._hidden for picture in self._pictures) > 1:
            self._hidden.add(name)
        else:
            self.app.bell()
        self._list_again()

    def _ask_for(self, verb: Verb, instrument: str) -> None:
        if instrument not in self._asked:
            self._asked.add(instrument)
            self._ask(verb, instrument)
            self._list_again()

    def _place(self) -> int | None:
        """Which of the charts the bar is on, None where it is on none."""
        highlighted = self.query_one(OptionList).highlighted
        return highlighted if highlighted is not None and highlighted < len(self._pictures) else None

    def _offer(self) -> Offer | None:
        """The instrument that the bar is on."""
        highlighted = self.query_one(OptionList).highlighted
        place = -1 if highlighted is None else highlighted - len(self._pictures) - 1  # the heading has a row
        return self._offers[place] if 0 <= place < len(self._offers) else None

    def _list_again(self, highlighted: int | None = None) -> None:
        options = self.query_one(OptionList)
        highlighted = options.highlighted if highlighted is None else highlighted
        options.clear_options()
        options.add_options(self._options())
        options.highlighted = highlighted

    def _options(self) -> list[Option]:
        charts = [Option(self._chart(number, picture)) for number, picture in enumerate(self._pictures, 1)]
        if not self._offers:
            return charts
        heading = Option(Text("Not measured, with the cost of a row in gradients; space begins"), disabled=True)
        return [*charts, heading, *(Option(self._offered(offer)) for offer in self._offers)]

    def _chart(self, number: int, picture: Titled) -> Text:
        text = Text(f"{'[ ]' if picture.name in self._hidden else '[x]'} {number:2} {picture.title}")
        if self._choosable and self._choosable.behind.get(picture.name) in self._asked:
            text.append("  no more asked for")
        return text

    def _offered(self, offer: Offer) -> Text:
        mark = "asked" if offer.name in self._asked else "[ ]"
        return Text(f"{mark} {offer.name}: {offer.cost}\n").append(f"    {offer.summary}", "dim")
