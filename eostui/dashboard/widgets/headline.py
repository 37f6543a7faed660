"""The upper side of a picture's border: its key and title, then each trace's name and value."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

from eostui.dashboard.widgets.canvas import Glyphs
from eostui.dashboard.widgets.frame import is_boxed
from eostui.dashboard.widgets.surface import Cells
from eostui.dashboard.widgets.view import Dress, View
from eostui.reading.numbers import format_value
from eostui.reading.trace import Mark, Trace

_EXACT = 5
"""Significant digits of a value read off at the cursor."""

_BETWEEN = 2  # cells between two entries
_SHORTEST = 8  # cells of a title that are never given up
_FROM_TITLE = 3  # cells between the title and the first entry

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
    """Write the title and the legend with present values as far as it fits: the most important trace, what it is
    compared with, then the others.

    With a cursor: its step, the values there, and what `marks`, those in its column, say. A value beyond `top`, the end
    of the axis, has a sign for that. Where not all fits, traces have their brief names, if any has one, and the title
    gives way to the values at the cursor: its key alone stays.
    """
    title = title_of(view.title, view.dress, view.log)
    at_cursor: list[list[Part]] = [[(mark.label, mark.ink)] for mark in marks]
    forms = [(title, False)]
    if any(trace.brief for trace in view.traces):
        forms.append((title, True))
    if view.cursor is not None:
        forms.append((_key_of(view.dress), True))
    for words, brief in forms:
        if write_entries(
            cells, words, [*_entries(view, glyphs, top, brief=brief), *at_cursor], glyphs, style, view.dress
        ):
            return


def title_of(title: str, dress: Dress, log: bool) -> list[Part]:
    """The key, the title, and that the value axis is logarithmic."""
    key: list[Part] = [*_key_of(dress), (" ", "text")] if dress.number is not None else []
    parts = [*key, (title, "focus-title" if dress.focused else "title")]
    return [*parts, (" log", "muted")] if log else parts


def _key_of(dress: Dress) -> list[Part]:
    return [] if dress.number is None else [(str(dress.number), "focus" if dress.focused else "muted")]


def write_entries(
    cells: Cells,
    title: Sequence[Part],
    entries: Sequence[Sequence[Part]],
    glyphs: Glyphs,
    style: Callable[[str], int],
    dress: Dress,
) -> bool:
    """Write a title at the left and as many entries as fit at the right, over what is there; whether all did.

    The title is cut where not even the first entry would fit beside it: then not all did. A sign apart from the last
    value says that there is more, for a number is never cut.
    """
    inset = 2 if is_boxed(cells.width, cells.height) else 1
    first, last = inset + 1, cells.width - inset - 1
    cells.fill(inset, 0, last + 1 - inset, glyphs.border[4], style("focus" if dress.focused else "frame"))
    room, more, whole = last - first, len(glyphs.ellipsis) + 1, True
    if title:
        cells.write(first - 1, 0, " ", 0)
        end, limit = first, last
        if entries:
            needed = sum(len(text) for text, _ in entries[0]) + more * (len(entries) > 1) + _FROM_TITLE
            limit = max(last - needed, first + min(_SHORTEST, room))
        whole = sum(len(text) for text, _ in title) <= limit - end
        for text, ink in title:
            end = cells.write(end, 0, _cut(text, limit - end, glyphs), style(ink))
        cells.write(end, 0, " ", 0)
        room = last - end - _FROM_TITLE
    shown, used = _fitting(entries, room, more)
    if not shown and not entries:
        return True
    complete = len(shown) == len(entries)
    parts: list[Part] = [part for entry in shown for part in (*entry, (" " * _BETWEEN, "text"))]
    if shown:
        parts.pop()
    if not complete and room >= more:
        parts.append((f" {glyphs.ellipsis}" if shown else glyphs.ellipsis, "muted"))
        used += more if shown else more - 1
    if parts:
        end = cells.write(last - used - 1, 0, " ", 0)
        for text, ink in parts:
            end = cells.write(end, 0, text, style(ink))
        cells.write(end, 0, " ", 0)
    return complete and whole


def _fitting(entries: Sequence[Sequence[Part]], room: int, ellipsis: int) -> tuple[list[Sequence[Part]], int]:
    """The first entries, as many as fit with an ellipsis after them unless all do, and the width that they take."""
    widths = [sum(len(text) for text, _ in parts) for parts in entries]
    ends = [sum(widths[: count + 1]) + _BETWEEN * count for count in range(len(widths))]
    if not ends or ends[-1] <= room:
        return list(entries), ends[-1] if ends else 0
    count = sum(end + ellipsis <= room for end in ends)
    return list(entries[:count]), ends[count - 1] if count else 0


def _cut(text: str, room: int, glyphs: Glyphs) -> str:
    return text if len(text) <= room else text[: max(room - 1, 0)] + glyphs.ellipsis[:room]


def _entries(view: View, glyphs: Glyphs, top: float, *, brief: bool) -> Iterator[list[Part]]:
    if view.cursor is not None:
        yield [("step ", "muted"), (format_step(view.cursor), "value")]
    for trace in legend_order(view.traces):
        value, text = _reading(trace, view.cursor)
        if trace.label and not (trace.sparse and math.isnan(value)):
            label = (brief and trace.brief) or trace.label
            beyond = glyphs.above if value > top and trace.reference else ""
            yield [(f"{label} ", trace.ink), (text + beyond, "value")]


def legend_order(traces: Sequence[Trace]) -> list[Trace]:
    """The most important trace, then the references, then the others from the more important one down."""
    ordered = list(reversed(traces))
    leader = next((trace for trace in ordered if not (trace.points or trace.reference)), None)
    return sorted(ordered, key=lambda trace: 0 if trace is leader else 1 if trace.reference else 2)


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
