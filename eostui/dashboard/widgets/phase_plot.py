"""The picture of a path through a plane, drawn into cells; it knows numbers and characters, and nothing of the app.

╭─ 3 Minimalist example ─── ηS 2.05  d 1.07 ─╮
│   1.2┤               ⢀⣀⠤⠒⠊⠉                │
│   1.0┤⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⡪⡁                       │
│   0.8┤                ⠑⠢⢄⣀                  │
╰────ηS─1.9─────────2.0─────────2.1──────────╯
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eostui.dashboard.widgets.canvas import Glyphs
from eostui.dashboard.widgets.frame import (
    ROWS_PER_TICK,
    SMALLEST,
    draw_border,
    draw_step_axis,
    draw_value_axis,
    least_margin,
    plot_area,
)
from eostui.dashboard.widgets.headline import Part, format_step, title_of, write_entries
from eostui.dashboard.widgets.scale import Scale
from eostui.dashboard.widgets.surface import Cells
from eostui.dashboard.widgets.ticks import format_ticks
from eostui.dashboard.widgets.view import Area, Dress
from eostui.reading.axes import Axis
from eostui.reading.numbers import format_value
from eostui.reading.phase import Path
from eostui.reading.trace import Floats

_RARE = 0.005
"""The share of points, on either side, that do not set the range of an axis: a spike would."""
_EXACT = 6
"""Significant digits of a value at the cursor."""
_PATH, _BEHIND, _HERE = "first", "envelope", "cursor"


@dataclass(frozen=True, eq=False)
class PhaseView:
    """Everything that decides what the picture looks like, its size and its glyphs aside.

    cursor: the step whose point is told; None for the newest.
    """

    title: str
    across: str
    up: str
    path: Path
    backdrop: Path
    cursor: float | None
    dress: Dress


class PhasePlot:
    """Draws one view after the other, keeping both axes while they hold.

    Args:
        styles: the names of the styles, of which cells hold the place.
    """

    def __init__(self, styles: Sequence[str]) -> None:
        self._styles = {style: number for number, style in enumerate(styles)}
        self._across: Scale | None = None
        self._up: Scale | None = None

    def draw(self, view: PhaseView, glyphs: Glyphs, width: int, height: int) -> Cells:
        cells = Cells(width, height)
        if width < SMALLEST[0] or height < SMALLEST[1]:
            cells.write(0, 0, "too small", self._style("muted"))
            return cells
        draw_border(cells, glyphs, view.dress, self._style)
        title = title_of(view.title, view.dress, log=False)
        row = _row_at(view.path, view.cursor)
        across = self._across = _axis(self._across, view.path.across, view.backdrop.across)
        up = self._up = _axis(self._up, view.path.up, view.backdrop.up)
        if across is None or up is None or row is None:
            write_entries(cells, title, (), glyphs, self._style, view.dress)
            cells.write((width - 11) // 2, height // 2, "no data yet", self._style("muted"))
            return cells
        ticks = up.ticks(max(2, 1 + (height - 2) // ROWS_PER_TICK))
        labels = format_ticks(ticks, log=False)
        margin = max(least_margin(width), *map(len, labels))
        area = plot_area(width, height, margin, (across.low, across.high), Axis("step", view.across, "plain"))
        rows = [up.row(tick, area.height * glyphs.rows) // glyphs.rows for tick in ticks]
        draw_value_axis(cells, glyphs, area, labels, rows, self._style)
        draw_step_axis(cells, area, self._style)
        self._draw_points(cells, view, glyphs, area, up)
        self._point_at(cells, view, glyphs, area, up, row)
        write_entries(cells, title, self._entries(view, row), glyphs, self._style, view.dress)
        return cells

    def _style(self, ink: str) -> int:
        return self._styles[ink]

    def _draw_points(self, cells: Cells, view: PhaseView, glyphs: Glyphs, area: Area, up: Scale) -> None:
        """The path over what lies behind: a cell with a part of the path has its colour, and the dots of both."""
        behind, path = (_dots(points, area, up, glyphs) for points in (view.backdrop, view.path))
        within = (slice(area.top, area.bottom), slice(area.left, area.right))
        for dots, ink in ((behind, _BEHIND), (path, _PATH)):
            cells.styles[within][glyphs.touched(dots)] = self._style(ink)
        on_path = glyphs.touched(path).repeat(glyphs.rows, axis=0).repeat(glyphs.columns, axis=1)
        cells.characters[within] = glyphs.cells(path | (behind & ~on_path))

    def _point_at(self, cells: Cells, view: PhaseView, glyphs: Glyphs, area: Area, up: Scale, row: int) -> None:
        """A cross where the run is, at the cursor or now."""
        across, height = float(view.path.across[row]), float(view.path.up[row])
        if area.start <= across <= area.stop and up.low <= height <= up.high:
            column = area.column(across)
            assert column is not None
            y = area.top + up.row(height, area.height * glyphs.rows) // glyphs.rows
            cells.write(column, y, glyphs.cross, self._style(_HERE))

    def _entries(self, view: PhaseView, row: int) -> list[list[Part]]:
        digits = 3 if view.cursor is None else _EXACT
        there = ((view.across, "muted", view.path.across[row]), (view.up, _PATH, view.path.up[row]))
        told: list[list[Part]] = [
            [(f"{name} ", ink), (format_value(float(value), digits), "value")] for name, ink, value in there
        ]
        return told if view.cursor is None else [[("step ", "muted"), (format_step(view.cursor), "value")], *told]


def _row_at(path: Path, cursor: float | None) -> int | None:
    """The row of the last point at or before the cursor, or the newest one."""
    if not len(path.steps):
        return None
    row = len(path.steps) if cursor is None else int(np.searchsorted(path.steps, cursor, side="right"))
    return max(row - 1, 0)


def _axis(held: Scale | None, path: Floats, behind: Floats) -> Scale | None:
    """An axis for nearly all points of a path and all that lie behind, kept while it holds; None without a point."""
    finite, backdrop = path[np.isfinite(path)], behind[np.isfinite(behind)]
    if not len(finite):
        return None
    ends = np.concatenate([np.quantile(finite, [_RARE, 1 - _RARE]), backdrop])
    low, high = float(ends.min()), float(ends.max())
    return held if held is not None and held.holds(low, high) else Scale.fit(low, high, log=False)


def _dots(points: Path, area: Area, up: Scale, glyphs: Glyphs) -> npt.NDArray[np.bool_]:
    """(height, width) of the area in dots: which of them have a point."""
    height, width = area.height * glyphs.rows, area.width * glyphs.columns
    dots = np.zeros((height, width), np.bool_)
    inside = (points.across >= area.start) & (points.across <= area.stop)
    inside &= (points.up >= up.low) & (points.up <= up.high)
    columns = (points.across[inside] - area.start) * (width / (area.stop - area.start))
    rows = np.rint(up.rows(points.up[inside], height)).astype(np.int64)
    dots[rows, np.minimum(columns.astype(np.int64), width - 1)] = True
    return dots
