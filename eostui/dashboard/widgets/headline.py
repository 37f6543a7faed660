"""The first line of a chart: its title, then each trace's name and value."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from eostui.dashboard.widgets.canvas import Glyphs
from eostui.dashboard.widgets.surface import Cells
from eostui.dashboard.widgets.ticks import format_value
from eostui.dashboard.widgets.trace import Mark, Trace
from eostui.dashboard.widgets.view import View

_EXACT = 5
"""Significant digits of a value read off at the cursor."""

Part = tuple[str, str]
"""A text and the role that gives its style."""


def write_headline(
    cells: Cells, view: View, glyphs: Glyphs, marks: Iterable[Mark], style: Callable[[str], int]
) -> None:
    """Write the title and the legend with present values, the most important trace first, as far as it fits.

    With a cursor: its step, the values there, and what `marks`, those in its column, say.
    """
    end = cells.write(0, 0, view.title, style("title"))
    if view.unit:
        end = cells.write(end + 1, 0, view.unit, style("muted"))
    for parts in _entries(view, glyphs, marks):
        width = sum(len(text) for text, _ in parts)
        if end + 2 + width >= cells.width:  # the last cell stays free: there may be a chart beside this one
            cells.write(min(end + 1, cells.width - 1), 0, glyphs.ellipsis, style("muted"))
            return
        end += 2
        for text, role in parts:
            end = cells.write(end, 0, text, style(role))


def _entries(view: View, glyphs: Glyphs, marks: Iterable[Mark]) -> Iterable[list[Part]]:
    if view.cursor is not None:
        yield [(f"{view.x_unit} ", "muted"), (format_step(view.cursor), "value")]
    for trace in reversed(view.traces):
        if trace.label:
            key = glyphs.dashed if trace.stepped else glyphs.line
            yield [(f"{key}{trace.label} ", trace.role), (_reading(trace, view.cursor), "value")]
    for mark in marks:
        yield [(mark.label, mark.role)]


def _reading(trace: Trace, cursor: float | None) -> str:
    if cursor is None:
        return format_value(float(trace.y[-1])) if len(trace.y) else "–"
    value = trace.value_at(cursor)
    return "–" if value is None else format_value(value, _EXACT)


def format_step(step: float) -> str:
    """A step in full: 1234567, or 0.125 where it is not whole."""
    return str(int(step)) if math.isfinite(step) and step == int(step) else f"{step:.6g}"
