"""The first line of a chart: its title, then each trace's name and value."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from eostui.dashboard.widgets.canvas import Glyphs
from eostui.dashboard.widgets.surface import Cells
from eostui.dashboard.widgets.ticks import format_value
from eostui.dashboard.widgets.view import View
from eostui.reading.trace import Mark, Trace

_EXACT = 5
"""Significant digits of a value read off at the cursor."""

Part = tuple[str, str]
"""A text and the ink that gives its style."""


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
    of the axis, has a sign for that. Where not all fits, traces have their brief names, if any has one, and the title
    gives way to the values at the cursor.
    """
    title = [(view.title, "title")]
    at_cursor: list[list[Part]] = [[(mark.label, mark.ink)] for mark in marks]
    entries = [*_entries(view, glyphs, top, brief=False), *at_cursor]
    if not write_entries(cells, title, entries, glyphs, style) and any(trace.brief for trace in view.traces):
        entries = [*_entries(view, glyphs, top, brief=True), *at_cursor]
        write_entries(cells, title if view.cursor is None else (), entries, glyphs, style)


def write_entries(
    cells: Cells, title: Sequence[Part], entries: Iterable[Sequence[Part]], glyphs: Glyphs, style: Callable[[str], int]
) -> bool:
    """Write a title and as many entries as fit, over what is there; whether all did."""
    cells.blank(0)
    end = -1 if title else -2
    for text, ink in title:
        end = cells.write(end + 1, 0, text, style(ink))
    for parts in entries:
        width = sum(len(text) for text, _ in parts)
        if end + 2 + width >= cells.width:  # the last cell stays free: there may be a chart beside this one
            cells.write(min(end + 1, cells.width - 1), 0, glyphs.ellipsis, style("muted"))
            return False
        end += 2
        for text, ink in parts:
            end = cells.write(end, 0, text, style(ink))
    return True


def _entries(view: View, glyphs: Glyphs, top: float, *, brief: bool) -> Iterable[list[Part]]:
    if view.cursor is not None:
        yield [("step ", "muted"), (format_step(view.cursor), "value")]
    for trace in reversed(view.traces):
        value, text = _reading(trace, view.cursor)
        if trace.label and not (trace.sparse and math.isnan(value)):
            key = glyphs.point if trace.points else glyphs.dashed if trace.stepped else glyphs.line
            label = (brief and trace.brief) or trace.label
            beyond = glyphs.above if value > top and trace.reference else ""
            yield [(f"{key}{label} ", trace.ink), (text + beyond, "value")]


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
