"""What a panel of the dashboard is: which rows it draws, by which widget, and what they are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from eostui.dashboard.widgets import Chart, Densities, HeatStrip, Mark, Timeline, Trace
from eostui.reading.feed import Feed

Widget = TypeVar("Widget", bound=Timeline)


@dataclass(frozen=True)
class Panel(ABC, Generic[Widget]):
    """One picture: its title, the columns of a table that it needs, and its definition for the help."""

    id: str
    title: str
    table: str
    columns: tuple[str, ...]
    definition: Callable[[Feed], str]
    wide: bool = field(default=False, kw_only=True)
    """Whether these columns have several values a row."""

    def drawable(self, feed: Feed) -> bool:
        """Whether a run has what it needs: a file from elsewhere may have anything by these names."""
        rows = feed.series.get(self.table)
        there = [] if rows is None else rows.table.columns
        fitting = {c.name for c in there if c.dtype == "float64" and (c.width is not None) == self.wide}
        return fitting >= set(self.columns)

    @abstractmethod
    def widget(self) -> Widget:
        """A widget to draw it."""

    @abstractmethod
    def show(self, widget: Widget, feed: Feed, marks: Sequence[Mark], window: tuple[float, float] | None) -> None:
        """Draw what is visible of a feed over the steps `window`."""


@dataclass(frozen=True)
class ChartPanel(Panel[Chart]):
    """Lines and points, the most important trace last."""

    traces: Callable[[Feed], list[Trace]]
    log: bool = False
    symmetric: bool = False

    def widget(self) -> Chart:
        return Chart(self.title, log_axis=self.log, symmetric=self.symmetric, id=self.id)

    def show(self, widget: Chart, feed: Feed, marks: Sequence[Mark], window: tuple[float, float] | None) -> None:
        widget.show(self.traces(feed), marks, window)


@dataclass(frozen=True)
class StripPanel(Panel[HeatStrip]):
    """A distribution, as a heat strip, with a line to compare it with where there is one."""

    densities: Callable[[Feed], Densities]
    reference: Callable[[Feed], Trace | None]

    def widget(self) -> HeatStrip:
        return HeatStrip(self.title, "λ", id=self.id)

    def show(self, widget: HeatStrip, feed: Feed, marks: Sequence[Mark], window: tuple[float, float] | None) -> None:
        widget.show(self.densities(feed), self.reference(feed), marks, window, until=float(feed.step))
