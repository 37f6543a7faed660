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
    cells: Cells,
    view: View,
    glyphs: Glyphs,
    marks: Iterable[Mark],
    style: Callable[[str], int],
    top: float = math.inf,
) -> None:
    """Write the title and the legend with present values, the most important trace first, as far as it fits.

    With a cursor: its step, the values there, and what `marks`, those in its column, say. A value beyond `top`, the end
    of the axis, has a sign for that.
    """
    end = cells.write(0, 0, view.title, style("title"))
    if view.unit:
        end = cells.write(end + 1, 0, view.unit, style("muted"))
    for parts in _entries(view, glyphs, marks, top):
        width = sum(len(text) for text, _ in parts)
        if end + 2 + width >= cells.width:  # the last cell stays free: there may be a chart beside this one
            cells.write(min(end + 1, cells.width - 1), 0, glyphs.ellipsis, style("muted"))
            return
        end += 2
        for text, role in parts:
            end = cells.write(end, 0, text, style(role))


def _entries(view: View, glyphs: Glyphs, marks: Iterable[Mark], top: float) -> Iterable[list[Part]]:
    if view.cursor is not None:
        yield [(f"{view.x_unit} ", "muted"), (format_step(view.cursor), "value")]
    for trace in reversed(view.traces):
        if trace.label:
            key = glyphs.dashed if trace.stepped else glyphs.line
            value, text = _reading(trace, view.cursor)
            beyond = glyphs.above if value > top and trace.reference else ""
            yield [(f"{key}{trace.label} ", trace.role), (text + beyond, "value")]
    for mark in marks:
        yield [(mark.label, mark.role)]


def _reading(trace: Trace, cursor: float | None) -> tuple[float, str]:
    """The present value, or the one at the cursor, and its text; NaN and a dash where there is none."""
    if cursor is None:
        value, digits = (float(trace.y[-1]) if len(trace.y) else None), 3
    else:
        value, digits = trace.value_at(cursor), _EXACT
    return (math.nan, "–") if value is None else (value, format_value(value, digits))


def format_step(step: float) -> str:
    """A step in full: 1234567, or 0.125 where it is not whole."""
    return str(int(step)) if math.isfinite(step) and step == int(step) else f"{step:.6g}"
