"""The screen of several runs in the same charts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from eostui.dashboard.chart_grid import ChartGrid
from eostui.dashboard.compared_subject import ComparedSubject
from eostui.dashboard.screens.looking import LookingScreen
from eostui.dashboard.widgets.key_line import KeyLine
from eostui.dashboard.widgets.overview import Extent, Overview
from eostui.reading.comparison import Comparison, ink_of
from eostui.reading.feed import Feed
from eostui.reading.numbers import step_text
from eostui.reading.present_sharpness import PresentSharpness

POLLS_PER_SECOND = 1
"""How often the files of the runs are looked at."""
MOST_LINES = 4
"""Runs that have a line of their own at the top."""


class CompareScreen(LookingScreen):
    """Runs over one another: by step, or by η·step, which makes step sizes comparable."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "axis", "x axis", tooltip="Steps, their logarithm, time, or η·step", id="axis"),
        Binding("q,escape", "leave", "back", tooltip="Leave the comparison", id="quit"),
    ]

    def __init__(self, feeds: Sequence[Feed]) -> None:
        super().__init__()
        self.feeds = feeds
        self._comparison = Comparison(feeds)
        self._drawn: list[dict[str, int]] = []

    def compose(self) -> ComposeResult:
        yield Static(id="runs")
        yield ChartGrid(ComparedSubject(self._comparison))
        with Horizontal(id="below"):
            yield Overview()
        yield KeyLine()

    def on_mount(self) -> None:
        self.plot_with(self.glyphs)
        self.lay_out()
        self.set_interval(1 / POLLS_PER_SECOND, self.draw)
        self.call_after_refresh(self.draw)

    def draw(self) -> None:
        """Take in what is new, and draw it."""
        for feed in self.feeds:
            for notice in feed.poll():
                self.notify(notice.text, severity=notice.severity, timeout=notice.seconds, markup=False)
        shown = [{name: series.shown for name, series in feed.series.items()} for feed in self.feeds]
        if shown != self._drawn:
            known, self._drawn = bool(self._drawn), shown
            self.query_one("#runs", Static).update(self._legend())
            if known:
                self.charts.draw()
                self.query_one(Overview).show(self.extent())
            else:
                self.lay_out()

    def extent(self) -> Extent:
        extent, axis = super().extent(), self.charts.axis
        if extent == Extent():
            return extent
        (first, *_), chart = self._comparison.feeds, self._comparison.charts()[0]
        named = (t for t in self._comparison.traces(chart, axis.name) if t.label == first.name and not t.reference)
        curve = next(named, None)
        steps, values = (np.empty(0), np.empty(0)) if curve is None else (curve.x, curve.y)
        return replace(extent, steps=steps, values=values)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The first chart is the ratio already, and runs that are compared have no events in common."""
        return action not in ("ratio", "event") and super().check_action(action, parameters)

    def action_leave(self) -> None:
        """Back to where the comparison was asked for, or out."""
        if len(self.app.screen_stack) > 1:
            self.dismiss()
        else:
            self.app.exit()

    def _legend(self) -> Text:
        """A line for each run in its colour: its state, its step, and where it stands."""
        lines, variables = [], self.app.get_css_variables()
        for number, feed in enumerate(self.feeds[:MOST_LINES]):
            present = PresentSharpness.of(feed)
            standing = "" if present is None else f"   S {present.value:.4g}"
            if present is not None and not math.isnan(present.ratio):
                standing += f"   S/threshold {present.ratio:.2f}"
            colour = variables.get(f"ink-{ink_of(number)}", "")
            style = f"bold {colour}" if colour.startswith("#") else "bold"
            line = Text(f"{feed.name}", style, no_wrap=True, overflow="ellipsis")
            lines.append(line.append(f"   {feed.status}   {step_text(feed.step)}{standing}", "dim"))
        if len(self.feeds) > MOST_LINES:
            lines.append(Text(f"and {len(self.feeds) - MOST_LINES} more", "dim"))
        return Text("\n").join(lines)
