"""What happened during a run, in words: what its trainer noted, and what its rows show.

Rows show it as soon as they are there. A replay tells at every moment what was known by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

from eostui.reading.divergence import Divergence
from eostui.reading.feed import Feed, cadence_text
from eostui.reading.loss_jumps import LossJumps
from eostui.reading.numbers import format_value
from eostui.reading.sharpness_changes import Answers, EdgeReached, MissedTolerances, Said
from eostui.reading.step_size import step_size_text, told_by
from eostui.store import Event, Kind
from eostui.store.events import (
    CadenceAdapted,
    Checked,
    CheckpointWritten,
    Failed,
    Forecasted,
    Forked,
    Noted,
    ProductsReported,
    Resumed,
    Signalled,
    Started,
    StepSizeChanged,
    TrackingChanged,
    Warned,
)

EDGE, INSTABILITY, ANSWER, TOLERANCE = "edge", "instability", "answer", "tolerance"
"""The kinds of what the rows show; all others are kinds of events."""

GLYPHS: dict[str, str] = {
    Kind.LR: "η",
    EDGE: "e",
    INSTABILITY: "!",
    Kind.DIVERGED: "d",
    Kind.NOTE: "n",
    Kind.PAUSE: "p",
    Kind.RESUME: "r",
    Kind.RESUMED: "s",
    Kind.FORKED: "f",
}
"""What has a mark in every chart, and the letter that marks it, the one first that wins where several meet."""
NO_WEIGHT, QUIET = 0, -1
"""The weight of what has no mark, and of a remark on how things are computed, which hardly matters to the reader."""
_QUIET = (Kind.FORECAST, Kind.PRODUCTS, Kind.CADENCE, Kind.START)
_WORDS: dict[str, str] = {Kind.PAUSE: "paused", Kind.RESUME: "resumed", Kind.MEASURE: "measured on demand"}
"""What is said of events that have no particulars; of any other, its kind."""


@dataclass(frozen=True)
class Happening:
    """Something that happened.

    step: the one before whose update it happened, or from whose row it shows.
    text: what it was, in one line.
    kind: of an event, the word of the file; `EDGE` and the others are what the rows show.
    weight: the larger it is, the more it matters; below 0 it hardly does.
    glyph: the letter that marks it in every chart; empty where it has no mark.
    """

    step: int
    text: str
    kind: str
    weight: int
    glyph: str

    @classmethod
    def of(cls, step: int, text: str, kind: str) -> Happening:
        """With the weight and the glyph of its kind."""
        glyphs = list(GLYPHS)
        weight = len(glyphs) - glyphs.index(kind) if kind in glyphs else QUIET if kind in _QUIET else NO_WEIGHT
        return cls(step, text, kind, weight, GLYPHS.get(kind, ""))


def happenings_of(feed: Feed) -> list[Happening]:
    """What has happened by the newest visible row, oldest first."""
    return feed.own(_Found).up_to_date(feed)


class _Found:
    """What was found so far, and by whom: each goes on where it was, until rows go, as a replay goes back."""

    def __init__(self) -> None:
        self._shown: dict[str, int] = {}
        self._found: list[Happening] = []
        self._jumps = LossJumps()
        self._start_over()

    def _start_over(self) -> None:
        self._told: list[Happening] = []
        self._events = 0
        """How many events have been told."""
        self._changes: list[int] = []
        """The steps from which another η was in force."""
        self._edge, self._answers, self._missed = EdgeReached(), Answers(), MissedTolerances()

    def up_to_date(self, feed: Feed) -> list[Happening]:
        """All of it by now."""
        shown = {name: rows.shown for name, rows in feed.series.items()}
        if shown != self._shown:
            if any(shown.get(name, 0) < before for name, before in self._shown.items()):
                self._start_over()
            self._shown = shown
            self._found = sorted([*self._from_events(feed), *self._from_rows(feed)], key=attrgetter("step"))
        return self._found

    def _from_events(self, feed: Feed) -> list[Happening]:
        events = feed.events()
        for event in events[self._events :]:
            if text := _text(event, feed):
                by = "" if event.by is None or isinstance(event.what, Signalled) else f", by {event.by}"
                self._told.append(Happening.of(event.step, text + by, event.kind))
            if isinstance(event.what, StepSizeChanged):
                self._changes.append(event.step)
        self._events = len(events)
        return self._told

    def _from_rows(self, feed: Feed) -> list[Happening]:
        found: dict[str, list[Said]] = {
            EDGE: self._edge.found(feed),
            INSTABILITY: self._jumps.found(feed),
            ANSWER: self._answers.found(feed, self._changes),
            TOLERANCE: self._missed.found(feed),
        }
        return [Happening.of(step, text, kind) for kind, said in found.items() for step, text in said]


def _text(event: Event, feed: Feed) -> str:
    """What an event says; empty where it says nothing."""
    match event.what:
        case StepSizeChanged(lr=lr, previous=previous):
            return f"η {step_size_text(told_by(feed, previous))} → {step_size_text(told_by(feed, lr))}"
        case Started(lr=lr, threshold=threshold):
            level = f", {feed.threshold.formula} {format_value(threshold)}" if feed.threshold.exists else ""
            return f"started with η {step_size_text(told_by(feed, lr))}{level}"
        case (
            Warned(text=text)
            | Checked(text=text)
            | Forecasted(text=text)
            | ProductsReported(text=text)
            | Noted(text=text)
            | Resumed(text=text)
            | Signalled(text=text)
            | Forked(text=text)
        ):
            return text
        case TrackingChanged(instrument=instrument, measures=measures):
            return f"{instrument} is {'measured from here on' if measures else 'no longer measured'}"
        case CadenceAdapted() as adapted:
            return cadence_text(adapted)
        case CheckpointWritten(file=file):
            return f"checkpoint {file}"
        case Failed(error=error):
            return f"failed: {error}"
    divergence = Divergence.of(feed) if event.kind == Kind.DIVERGED else None
    return f"diverged: {divergence.text}" if divergence else _WORDS.get(event.kind, event.kind)
