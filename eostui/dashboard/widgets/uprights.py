"""The upright lines of marks and of the cursor, which stay behind what is drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from eostui.dashboard.widgets.canvas import Glyphs
from eostui.dashboard.widgets.frame import Style
from eostui.dashboard.widgets.surface import Cells
from eostui.dashboard.widgets.view import Area
from eostui.reading.trace import Mark


def draw_uprights(
    cells: Cells, glyphs: Glyphs, area: Area, marks: Sequence[Mark], cursor: float | None, style: Style
) -> None:
    """Lines of the marks and of the cursor, in the cells left free; of the marks in one column the heaviest is seen."""
    free = cells.characters[area.top : area.bottom] == " "
    heaviest: dict[int, Mark] = {}
    for mark in sorted(marks, key=lambda mark: mark.weight):
        if (column := area.column(mark.x)) is not None:
            heaviest[column] = mark
    for column in heaviest:
        _line(cells, area, column, free, glyphs.mark, style("mark"))
    if cursor is not None and (column := area.column(cursor)) is not None:
        _line(cells, area, column, free, glyphs.cursor, style("cursor"))
    for column, mark in heaviest.items():
        # Where the step size changes the threshold has a kink: the cell beside it is more often free.
        places = [x for x in (column, column + 1, column - 1) if area.left <= x < area.right and free[0, x]]
        if places:
            cells.write(places[0], area.top, mark.glyph, style(mark.ink))
    for column, mark in heaviest.items():
        if mark.weight > 0:
            _write_beside(cells, area, column, mark, style)


def _line(cells: Cells, area: Area, column: int, free: npt.NDArray[np.bool_], character: str, style: int) -> None:
    rows = slice(area.top, area.bottom)
    cells.characters[rows, column][free[:, column]] = character
    cells.styles[rows, column][free[:, column]] = style


def _write_beside(cells: Cells, area: Area, column: int, mark: Mark, style: Style) -> None:
    """What a mark says, right or left of its line, in the lowest row of the lower half that has room for it."""
    for y in range(area.bottom - 1, area.top + area.height // 2, -1):
        for start in (column + 1, column - len(mark.label)):
            end = start + len(mark.label)
            inside = area.left <= start and end <= area.right
            if inside and (cells.characters[y, start:end] == " ").all():
                cells.write(start, y, mark.label, style(mark.ink))
                return


def marks_at(area: Area, marks: Sequence[Mark], cursor: float | None) -> list[Mark]:
    """The marks in the cursor's column, the heaviest first."""
    column = None if cursor is None else area.column(cursor)
    there = [mark for mark in marks if column is not None and area.column(mark.x) == column]
    return sorted(there, key=lambda mark: -mark.weight)


def tint_dragged(cells: Cells, area: Area, dragged: tuple[float, float] | None) -> None:
    """Tint the columns from one of two steps to the other."""
    if dragged is None:
        return
    first, last = (min(max(step, area.start), area.stop) for step in sorted(dragged))
    left, right = area.column(first), area.column(last)
    assert left is not None
    assert right is not None
    cells.tints[area.top : area.bottom, left : right + 1] = True
