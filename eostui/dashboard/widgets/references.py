"""Lines to compare curves with, such as the stability threshold: in a layer of their own, which no curve can hide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eostui.dashboard.widgets.canvas import Glyphs
from eostui.dashboard.widgets.frame import Style
from eostui.dashboard.widgets.outline import Outline
from eostui.dashboard.widgets.scale import Scale
from eostui.dashboard.widgets.surface import Cells
from eostui.dashboard.widgets.view import Area
from eostui.reading.trace import PREVIEW, Floats, Trace

_JUMP = "mark"
"""The ink of upright pieces: a jump is the least important part of a threshold."""


@dataclass(frozen=True, eq=False)
class _Course:
    """How a reference goes through the columns of cells, in rows of dots counted from the top down, (columns,) each."""

    row: Floats
    """Where it is at the end of each column, NaN where it is not."""
    top: Floats
    """How far up it reaches within each column."""
    bottom: Floats

    @classmethod
    def of(cls, outline: Outline, scale: Scale, rows: int, per_cell: int) -> _Course:
        last = np.where(np.isnan(outline.right), outline.last, outline.right)
        values = np.stack([outline.low, outline.high, outline.left, last])
        dots = np.clip(np.rint(scale.rows(values, rows)), -1, rows).reshape(4, -1, per_cell)
        row = dots[3, :, -1]
        for before in range(per_cell - 2, -1, -1):
            row = np.where(np.isnan(row), dots[3, :, before], row)
        return cls(row, np.fmin.reduce(dots, axis=(0, 2)), np.fmax.reduce(dots, axis=(0, 2)))


def draw_reference(
    cells: Cells, glyphs: Glyphs, area: Area, scale: Scale, trace: Trace, outline: Outline, tints: bool, style: Style
) -> None:
    """Draw a reference over the curves: a level line where a cell is free, and a tinted ground under a curve's dots.

    Where a tint cannot be seen the line covers the curve in every second column. A threshold that is only proposed is
    dotted, and behind everything.
    """
    within = (slice(area.top, area.bottom), slice(area.left, area.right))
    characters, styles, tinted = cells.characters[within], cells.styles[within], cells.tints[within]
    rows = area.height * glyphs.rows
    course = _Course.of(outline, scale, rows, glyphs.columns)
    free = characters == " "
    columns = np.flatnonzero((course.row >= 0) & (course.row < rows))
    y, level = np.divmod(course.row[columns].astype(np.intp), glyphs.rows)
    proposed, even = trace.ink == PREVIEW, columns % 2 == 0
    shown = free[y, columns]
    if proposed:
        shown = shown & even
    elif tints:
        tinted[y[~shown], columns[~shown]] = True
    else:
        shown = shown | even
    if not proposed:
        _draw_jumps(characters, styles, glyphs, course, free, style(_JUMP))
    signs = np.array(list(glyphs.reference))[level]
    characters[y[shown], columns[shown]] = glyphs.dotted if proposed else signs[shown]
    styles[y[shown], columns[shown]] = style(trace.ink)


def _draw_jumps(
    characters: npt.NDArray[np.str_],
    styles: npt.NDArray[np.uint8],
    glyphs: Glyphs,
    course: _Course,
    free: npt.NDArray[np.bool_],
    style: int,
) -> None:
    """Thin lines in the free cells of the columns in which a reference goes over several rows."""
    first, last = np.stack([course.top, course.bottom]) // glyphs.rows
    for column in np.flatnonzero(first < last):
        rows = slice(max(int(first[column]), 0), int(last[column]) + 1)
        there = free[rows, column]
        characters[rows, column][there] = glyphs.mark
        styles[rows, column][there] = style
