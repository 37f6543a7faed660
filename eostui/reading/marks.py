"""What happened during a run, as marks that every chart shows."""

from __future__ import annotations

from eostui.reading.feed import Feed
from eostui.reading.step_size import step_size_text
from eostui.reading.trace import Mark
from eostui.store import Event, Kind
from eostui.store.events import StepSizeChanged

_MARKED: dict[str, str] = {Kind.LR: "η", Kind.PAUSE: "p", Kind.RESUME: "r"}
"""Kinds of events that are drawn into every chart, with the letter that marks them."""


def marks_of(feed: Feed) -> list[Mark]:
    """The events that every chart shows."""
    return [
        Mark(event.step, _label(event), glyph=_MARKED[event.kind]) for event in feed.events() if event.kind in _MARKED
    ]


def _label(event: Event) -> str:
    if isinstance(event.what, StepSizeChanged):
        return f"η {step_size_text(event.what.previous)} → {step_size_text(event.what.lr)}"
    return event.kind
