"""What stands around a picture over the steps: its axes, and the upright lines of marks and cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eostui.dashboard.widgets.canvas import Glyphs
from eostui.dashboard.widgets.surface import Cells
from eostui.dashboard.widgets.ticks import format_ticks, linear_ticks
from eostui.dashboard.widgets.view import Area
from eostui.reading.trace import Mark

SMALLEST = (20, 5)
"""The width and height from which on there is room for a picture."""
ROWS_PER_TICK = 3
"""Rows of cells for each label of the value axis."""

_ROOMY = 40  # from this width on all pictures leave the same room for value labels, so that their steps line up
_CELLS_PER_STEP_TICK = 8
_STEP_GAP = 3  # cells between two step labels
_STEP = "step"

Style = Callable[[str], int]
"""The number of the style of an ink."""


def least_margin(width: int) -> int:
    """How many cells are left of the value axis at least."""
    return 6 if width >= _ROOMY else 4


def draw_value_axis(
    cells: Cells, glyphs: Glyphs, area: Area, labels: Sequence[str], rows: Sequence[int], style: Style
) -> None:
    """The value axis, with labels in some of the area's rows."""
    axis, x = style("axis"), area.left - 1
    cells.characters[area.top : area.top + area.height, x] = glyphs.axis
    cells.styles[area.top : area.top + area.height, x] = axis
    for label, row in zip(labels, rows, strict=True):
        cells.write(x - len(label), area.top + row, label, axis)
        cells.write(x, area.top + row, glyphs.tick, axis)


def draw_step_axis(cells: Cells, area: Area, style: Style) -> None:
    """The steps below the area."""
    axis, y = style("axis"), area.top + area.height
    cells.write(max(area.left - 1 - len(_STEP), 0), y, _STEP[: area.left - 1], axis)
    for most in range(max(2, area.width // _CELLS_PER_STEP_TICK), 1, -1):
        ticks = linear_ticks(area.start, area.stop, most)
        labels = format_ticks(ticks, log=False)
        starts = []
        for tick, label in zip(ticks, labels, strict=True):
            middle = area.column(tick) or area.left
            starts.append(min(max(middle - (len(label) - 1) // 2, area.left), cells.width - len(label)))
        ends = [start + len(label) for start, label in zip(starts, labels, strict=True)]
        if all(after - end >= _STEP_GAP for end, after in zip(ends[:-1], starts[1:], strict=True)):
            break
    for start, label in zip(starts, labels, strict=True):
        cells.write(start, y, label, axis)


def draw_uprights(
    cells: Cells, glyphs: Glyphs, area: Area, marks: Sequence[Mark], cursor: float | None, style: Style
) -> None:
    """Lines of the marks and of the cursor; they stay behind what is drawn, in the cells left free."""
    rows = slice(area.top, area.top + area.height)
    free = cells.characters[rows] == " "
    lines = [(mark.x, glyphs.mark, mark.ink) for mark in marks]
    if cursor is not None:
        lines.append((cursor, glyphs.cursor, "cursor"))
    for step, character, ink in lines:
        column = area.column(step)
        if column is not None:
            cells.characters[rows, column][free[:, column]] = character
            cells.styles[rows, column][free[:, column]] = style(ink)
    for mark in marks:
        column = area.column(mark.x)
        # Where the step size changes the threshold has a kink: the cell beside it is more often free.
        beside = () if column is None else (column, column + 1, column - 1)
        places = [x for x in beside if area.left <= x < cells.width and free[0, x]]
        if places:
            cells.write(places[0], area.top, mark.glyph, style(mark.ink))


def marks_at(area: Area, marks: Sequence[Mark], cursor: float | None) -> list[Mark]:
    """The marks in the cursor's column."""
    column = None if cursor is None else area.column(cursor)
    return [mark for mark in marks if column is not None and area.column(mark.x) == column]
