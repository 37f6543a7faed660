"""What happened during a run, as marks that every chart shows."""

from __future__ import annotations

from eostui.reading.feed import Feed
from eostui.reading.happenings import happenings_of
from eostui.reading.trace import Mark
from eostui.store import Kind


def marks_of(feed: Feed) -> list[Mark]:
    """What every chart shows of what happened; where several meet, the one of the largest weight is seen."""
    return [
        Mark(
            happening.step,
            happening.text,
            glyph=happening.glyph,
            ink="change" if happening.kind == Kind.LR else "mark",
            weight=happening.weight,
        )
        for happening in happenings_of(feed)
        if happening.glyph
    ]
