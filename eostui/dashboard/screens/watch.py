"""The screen that draws a feed: status, charts, the overview of the whole run, and what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message

from eostui.config import ConfigError, RunConfig
from eostui.config.command import command_line
from eostui.dashboard.briefed import briefed_of
from eostui.dashboard.chart_choice import ChartChoice, choice_for
from eostui.dashboard.chart_grid import ChartGrid
from eostui.dashboard.course import course_of
from eostui.dashboard.png import NoPng, png_of
from eostui.dashboard.readings_row import ReadingsRow
from eostui.dashboard.screens.events import EventsScreen
from eostui.dashboard.screens.export import ExportedAs, ExportScreen
from eostui.dashboard.screens.help import HelpScreen
from eostui.dashboard.screens.looking import LookingScreen
from eostui.dashboard.screens.step_size import StepSizeScreen
from eostui.dashboard.screenshot import with_drawn_dots
from eostui.dashboard.standing import standing_of
from eostui.dashboard.subject import RunSubject
from eostui.dashboard.take_along import TAB, free_path, table_of, values_at
from eostui.dashboard.textual_private import lines_of
from eostui.dashboard.widgets.briefing import Briefing
from eostui.dashboard.widgets.canvas import GlyphName
from eostui.dashboard.widgets.event_list import EventList
from eostui.dashboard.widgets.key_line import KeyLine
from eostui.dashboard.widgets.overview import Extent, Overview
from eostui.dashboard.widgets.status_line import StatusLine
from eostui.reading.charts import Picture, pictures_of
from eostui.reading.feed import Feed
from eostui.reading.happenings import happenings_of
from eostui.reading.marks import marks_of
from eostui.reading.present_sharpness import PresentSharpness
from eostui.reading.step_size import StepSize

FRAMES_PER_SECOND = 4
"""Redrawings a second: enough to follow, and few enough bytes for a slow connection."""

WIDE_ENOUGH_FOR_EVENTS = 100
"""Columns from which the list of events stands beside the overview."""


class WatchScreen(LookingScreen):
    """Draws what its feed gives it, a few times a second, and repaints only what changed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "events", "events", tooltip="Everything that happened, as a list", id="events"),
        Binding(
            "f", "freeze", "freeze", show=False, tooltip="Hold the charts still while the run goes on", id="freeze"
        ),
        Binding(
            "y",
            "copy_values",
            "copy",
            id="copy",
            show=False,
            tooltip="Copy the values at the cursor, or the present ones",
        ),
        Binding(
            "Y",
            "copy_command",
            "copy command",
            id="copy-command",
            show=False,
            tooltip="Copy the command line that repeats this run",
        ),
        Binding("a", "note", "note", id="note", show=False, tooltip="Write a note at the present step of a training"),
        Binding(
            "B",
            "branch",
            "branch off",
            id="branch",
            show=False,
            tooltip="Start a new run from the present step, with another step size",
        ),
        Binding("E", "export", "export", id="export", show=False, tooltip="Save what is visible as svg, png or csv"),
        Binding(
            "question_mark", "help", "help", key_display="?", tooltip="What every number and word means", id="help"
        ),
    ]

    class Branch(Message):
        """A new run is wanted that branches off at step `at`, with the step size `lr`."""

        def __init__(self, directory: Path, at: int, lr: float) -> None:
            super().__init__()
            self.directory = directory
            self.at = at
            self.lr = lr

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self.feed = feed
        self.frozen = False
        self.choices: Mapping[str, ChartChoice] = {}
        """Which charts the user has chosen for good, as `choice_for` takes it."""
        self.reasons = ""
        """Which colours and signs were chosen for the terminal, and why, in words."""
        self._noted: str | None = None
        """What the status line says of this screen."""
        self._drawn: dict[str, int] = {}
        """How many rows of each table are on the screen."""

    def compose(self) -> ComposeResult:
        yield StatusLine()
        yield ReadingsRow()
        yield Briefing()
        yield ChartGrid(RunSubject(self.feed))
        with Horizontal(id="below"):
            yield Overview()
            yield EventList()
        yield KeyLine()

    def on_mount(self) -> None:
        self.plot_with(self.glyphs)
        self.charts.choice = choice_for(self.optimizer, self.choices)
        self.lay_out()
        self.set_interval(1 / FRAMES_PER_SECOND, self.draw)
        self.call_after_refresh(self.draw)

    @property
    def optimizer(self) -> object:
        return self.feed.config.get("optimizer")

    def state(self) -> str:
        """What the run does."""
        return self.feed.status

    def note(self) -> str:
        """What this screen itself has to say in the status line."""
        page, pages = self.charts.page
        return "  ".join(filter(None, ("view frozen" * self.frozen, f"page {page}/{pages}" * (pages > 1))))

    def may_draw(self) -> bool:
        """Whether the charts may be drawn anew now, should there be something new."""
        return True

    def draw(self) -> None:
        """Take in what is new, and draw it."""
        for notice in self.feed.poll():
            if notice.text != self.feed.forecast:  # that stands in the briefing
                self.notify(notice.text, severity=notice.severity, timeout=notice.seconds, markup=False)
        shown = {name: series.shown for name, series in self.feed.series.items()}
        drawing = not self.frozen and shown != self._drawn and self.may_draw()
        self._say(calmly=not drawing)  # words and charts agree
        if not drawing:
            return
        before, self._drawn = self._drawn, shown
        if not before:
            self.charts.choice = choice_for(self.optimizer, self.choices)
        if before.keys() == shown.keys() and _begun(before) == _begun(shown):
            self.charts.draw()
        else:
            self.lay_out()
        self._draw_surroundings()

    def _say(self, *, calmly: bool = False) -> None:
        """The words: where the run stands, and what goes on before there is a first number."""
        self._noted = self.note()
        self.query_one(StatusLine).show(standing_of(self.feed, self.state(), self._noted), calmly=calmly)
        waiting = self.feed.step < 0
        self.set_class(waiting, "-waiting")
        if waiting:
            self.query_one(Briefing).show(briefed_of(self.feed))

    def _draw_surroundings(self) -> None:
        """Draw what stands around the charts."""
        happenings = happenings_of(self.feed)
        for events in self.query(EventList):
            events.show(happenings)
        self.query_one(Overview).show(self.extent())
        self.query_one(ReadingsRow).show(self.feed)

    def extent(self) -> Extent:
        extent = super().extent()
        if extent == Extent():
            return extent
        steps, values = course_of(self.feed)
        return replace(extent, steps=steps, values=values, marks=marks_of(self.feed))

    def event_steps(self) -> list[float]:
        return sorted({float(mark.x) for mark in marks_of(self.feed)})

    def looked(self) -> None:
        super().looked()
        arrangement = self.charts.arrangement
        self.query_one("#below EventList").display = (
            arrangement.events_below and self.size.width >= WIDE_ENOUGH_FOR_EVENTS
        )
        self.query_one(ReadingsRow).display = arrangement.readings
        if self.note() != self._noted:
            self._say()

    def plot_with(self, glyphs: GlyphName) -> None:
        super().plot_with(glyphs)
        self.query_one(ReadingsRow).plot_with(glyphs)
        status, briefing = self.query_one(StatusLine), self.query_one(Briefing)
        status.unicode = briefing.unicode = glyphs != "ascii"
        status.refresh()
        briefing.refresh()

    def action_copy_values(self) -> None:
        """To the clipboard of the terminal: the visible values at the cursor, or the present ones."""
        text = values_at(self.shown, self.feed, self.charts.cursor)
        self.app.copy_to_clipboard(text)
        self.notify(f"copied {len(text.splitlines()[0].split(TAB)) - 1} values, as the terminal lets it")

    def action_copy_command(self) -> None:
        """To the clipboard of the terminal: the command line that repeats the run."""
        try:
            text = command_line(RunConfig.from_dict(dict(self.feed.config)))
        except ConfigError as error:
            self.notify(f"this version cannot repeat the run: {error}", severity="error", markup=False)
            return
        self.app.copy_to_clipboard(text)
        self.notify(f"copied: {text}", markup=False)

    def action_export(self) -> None:
        """Ask how what is visible shall be saved, and save it."""

        def save(format: ExportedAs | None) -> None:
            if format is not None:
                self.call_after_refresh(self.save, format)  # the dialog shall not be in the picture

        self.app.push_screen(ExportScreen(str(self.feed.directory)), save)

    def save(self, format: ExportedAs) -> None:
        """Save what is visible beside the run, and say where."""
        try:
            path = free_path(self.feed.directory, self.feed.step, format)
            if format == "png":
                path.write_bytes(png_of(lines_of(self.app.screen)))
            elif format == "svg":
                path.write_text(with_drawn_dots(self.app.export_screenshot(title=self.feed.name)), encoding="utf-8")
            else:
                path.write_text(table_of(self.shown, self.feed, self._stretch()), encoding="utf-8")
        except NoPng as error:
            self.notify(str(error), severity="warning", markup=False)
        except OSError as error:
            why = f"{self.feed.directory}: {error.strerror}"
            self.notify(f"nothing was saved in {why}", severity="error", markup=False)
        else:
            self.notify(f"saved {path}", timeout=10.0, markup=False)

    @property
    def shown(self) -> list[Picture]:
        """The charts that are on the screen."""
        names = {picture.name for picture in self.charts.shown}
        return [picture for picture in pictures_of(self.feed) if picture.name in names]

    def _stretch(self) -> tuple[float, float] | None:
        """The steps that are shown, None for all."""
        extent, window = self.charts.extent(), self.charts.window
        return None if extent is None or window.whole else window.over(*extent)

    def action_freeze(self) -> None:
        self.frozen = not self.frozen

    def action_note(self) -> None:
        """Refuse a note: only a trainer can write it down."""
        self.notify("a note is taken while the run is being trained, from its first step on", severity="warning")

    def action_branch(self) -> None:
        """Ask for the step size of a new run that branches off here. A live run goes on by itself."""
        at = self.feed.step
        if at < 1:
            self.notify("a run branches off from step 1 on", severity="warning")
            return

        def branch(lr: float | None) -> None:
            if lr is not None:
                self.post_message(self.Branch(self.feed.directory, at, lr))

        question = f"Step size η of a new run that branches off at step {at:,}"
        hint = "Enter starts the new run and shows it, Esc stays here"
        self.app.push_screen(
            StepSizeScreen(
                StepSize.of(self.feed), 1.0, PresentSharpness.of(self.feed), self._preview, question=question, hint=hint
            ),
            branch,
        )

    def _preview(self, threshold: float | None) -> None:
        """Show on the chart the threshold that an η would have; None for none."""
        self.charts.preview = threshold
        self.charts.draw()

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(self.own_bindings(), self.feed, self.reasons))

    def action_events(self) -> None:
        """The list of everything that happened; what is chosen in it is gone to."""

        def go(step: int | None) -> None:
            if step is not None:
                self.go_to(float(step))

        self.app.push_screen(EventsScreen(happenings_of(self.feed)), go)


def _begun(rows: Mapping[str, int]) -> set[str]:
    """The tables that have rows. The first rows of one may bring a chart."""
    return {name for name, count in rows.items() if count}
