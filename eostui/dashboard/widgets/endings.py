"""The names of lines at the right end of a chart, with their present values."""

from __future__ import annotations

import math
from collections.abc import Sequence

from eostui.dashboard.widgets.canvas import Glyphs
from eostui.dashboard.widgets.frame import Style, ending_room
from eostui.dashboard.widgets.headline import legend_order
from eostui.dashboard.widgets.scale import Scale
from eostui.dashboard.widgets.surface import Cells
from eostui.dashboard.widgets.view import Area
from eostui.reading.numbers import format_value
from eostui.reading.trace import Trace


def draw_endings(cells: Cells, glyphs: Glyphs, area: Area, scale: Scale, traces: Sequence[Trace], style: Style) -> None:
    """Write the names beside the rows where the lines end: references first, then the most important traces.

    A name whose row is taken moves by a row, away from the larger or the smaller value if it can, and is left out where
    there is no room either. A reference above the chart is named in its top row.
    """
    room = ending_room(cells.width)
    if not room:
        return
    ordered = sorted(legend_order(traces), key=lambda trace: not trace.reference)
    taken: dict[int, float] = {}
    for trace in ordered:
        value = None if trace.points or not trace.label else trace.value_at(area.stop)
        if value is None or math.isnan(value) or (value <= 0 and scale.log):
            continue
        row = scale.row(value, area.height * glyphs.rows) // glyphs.rows
        above = row < 0
        if above and trace.reference:
            row = 0
        away = 1 if value < taken.get(row, value) else -1
        place = next((y for y in (row, row + away, row - away) if 0 <= y < area.height and y not in taken), None)
        if place is None or not 0 <= row < area.height:
            continue
        taken[place] = value
        sign = glyphs.above if above else glyphs.ending
        cells.write(area.right, area.top + place, _text(sign, trace, value, room, glyphs), style(trace.ink))


def _text(sign: str, trace: Trace, value: float, room: int, glyphs: Glyphs) -> str:
    """The name with its value, without it, or cut, as there is room."""
    for name in filter(None, (trace.label, trace.brief)):
        if len(text := f"{sign}{name} {format_value(value)}") <= room:
            return text
    name = trace.brief or trace.label
    return sign + (name if len(name) < room else name[: room - 2] + glyphs.ellipsis)
