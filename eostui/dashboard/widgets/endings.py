"""The names of lines at the right end of a chart, the most important ones with their values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

import numpy as np

from eostui.dashboard.widgets.canvas import Glyphs
from eostui.dashboard.widgets.frame import Style, ending_room
from eostui.dashboard.widgets.headline import legend_order
from eostui.dashboard.widgets.outline import Outline
from eostui.dashboard.widgets.scale import Scale
from eostui.dashboard.widgets.surface import Cells
from eostui.dashboard.widgets.view import Area
from eostui.reading.numbers import format_value
from eostui.reading.trace import Trace

_LAST = 4  # columns of dots


def draw_endings(
    cells: Cells, glyphs: Glyphs, area: Area, scale: Scale, drawn: Sequence[tuple[Trace, Outline]], style: Style
) -> None:
    """Write the names beside the rows where the lines end: references first, then the most important traces.

    A name whose row is taken, or which would stand on the wrong side of another one, moves by a row, and is left out
    where that does not help: names stand in the order of the present values. A reference above the chart is named in
    its top row.
    """
    room = ending_room(cells.width)
    if not room:
        return
    outlines = {id(trace): outline for trace, outline in drawn}
    ordered = legend_order([trace for trace, _ in drawn if trace.label and not trace.points])
    taken: dict[int, float] = {}
    for trace in sorted(ordered, key=lambda trace: not trace.reference):
        value, end = trace.value_at(area.stop), _end_of(outlines[id(trace)], trace.reference)
        if value is None or math.isnan(end):
            continue
        row = math.floor(np.rint(scale.rows(np.array([end]), area.height * glyphs.rows))[0] / glyphs.rows)
        above = row < 0
        if above and trace.reference:
            row = 0
        highest = max((y for y, other in taken.items() if other > value), default=-1)
        lowest = min((y for y, other in taken.items() if other <= value), default=area.height)
        place = next((y for y in (row, row - 1, row + 1) if highest < y < lowest), None)
        if place is None or not 0 <= row < area.height:
            continue
        taken[place] = value
        sign = glyphs.above if above else glyphs.ending
        told = value if trace.reference or trace is ordered[0] else None
        cells.write(area.right, area.top + place, _text(sign, trace, told, room, glyphs), style(trace.ink))


def _end_of(outline: Outline, reference: bool) -> float:
    """Where a line ends, in units of the axis: of a curve the middle of its last columns, since its last sample jumps
    up and down; NaN where it is nowhere."""
    if reference:
        return outline.present
    there = np.flatnonzero(~np.isnan(outline.low))[-_LAST:]
    return median(((outline.low[there] + outline.high[there]) / 2).tolist()) if len(there) else math.nan


def _text(sign: str, trace: Trace, value: float | None, room: int, glyphs: Glyphs) -> str:
    """The name with a value, without it, or cut, as there is room."""
    if value is not None:
        for name in filter(None, (trace.label, trace.brief)):
            if len(text := f"{sign}{name} {format_value(value)}") <= room:
                return text
    name = trace.brief or trace.label
    return sign + (name if len(name) < room else name[: room - 2] + glyphs.ellipsis)
