"""A gauge of the sharpness against its threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass

CEILING = 1.25
"""The ratio at the right end of the gauge: the edge is at four fifths of it."""


@dataclass(frozen=True)
class MeterGlyphs:
    """The characters of a gauge: its ends, filled and empty cells, and the edge."""

    left: str
    right: str
    full: str
    empty: str
    edge: str
    beyond: str


METERS = {
    True: MeterGlyphs("▕", "▏", "━", "╌", "╋", "▶"),
    False: MeterGlyphs("[", "]", "=", "-", "|", ">"),
}
"""By whether the terminal has more than ASCII."""


def meter(ratio: float, width: int, glyphs: MeterGlyphs) -> list[tuple[str, str]]:
    """The gauge as (text, part), `width` cells wide; the parts are "end", "full", "edge", "over" and "empty".

    It is filled from 0 to `ratio`, which is S ÷ threshold; beyond 1, the edge, it is filled as "over". A ratio beyond
    the right end shows as an arrow. NaN leaves the gauge empty.
    """
    inner = max(width - 2, 5)
    edge = round(inner / CEILING)
    filled = 0 if math.isnan(ratio) else round(min(max(ratio, 0.0) / CEILING, 1.0) * inner)
    below, above = min(filled, edge), max(filled - edge - 1, 0)
    parts = [
        (glyphs.left, "end"),
        (glyphs.full * below, "full"),
        (glyphs.empty * (edge - below), "empty"),
        (glyphs.edge, "edge"),
        (glyphs.full * above, "over"),
        (glyphs.empty * (inner - edge - 1 - above), "empty"),
        (glyphs.beyond if ratio > CEILING else glyphs.right, "over" if ratio > CEILING else "end"),
    ]
    return [(text, part) for text, part in parts if text]
