"""The picture of a heat strip, drawn into cells; it knows numbers and characters, and nothing of the app.

╭─ 3 Spectral density ── λ -1.20 to 38.1  share 1e-6 ░▒▓█ 1 ─╮
│    10┤   ░░░░░░░░░░░                                       │
│     0┤████████████████                                     │
│    -1┤░░  ░░                                               │
╰──step─0───────────100──────────200─────────────────────────╯
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from eostui.dashboard.widgets.canvas import Glyphs
from eostui.dashboard.widgets.decimate import Columns
from eostui.dashboard.widgets.frame import (
    SMALLEST,
    draw_border,
    draw_step_axis,
    draw_value_axis,
    least_margin,
    plot_area,
)
from eostui.dashboard.widgets.headline import Part, format_step, title_of, write_entries
from eostui.dashboard.widgets.heat import Reach, levels, shares_in
from eostui.dashboard.widgets.surface import Cells
from eostui.dashboard.widgets.symlog import SymlogScale
from eostui.dashboard.widgets.ticks import format_ticks
from eostui.dashboard.widgets.uprights import draw_uprights, marks_at, tint_dragged
from eostui.dashboard.widgets.view import Area, Dress, some_width, window_over
from eostui.reading.axes import STEPS, Axis
from eostui.reading.densities import Densities
from eostui.reading.numbers import format_value
from eostui.reading.trace import Mark, Trace

COLOURS = 9
"""Shades of a strip in colours."""
HALVES = 2
"""Bins in a cell of a strip in colours: its upper and its lower half."""

_FARTHEST = 5.0  # times the largest value measured: up to there the reference line is on the axis


@dataclass(frozen=True)
class HeatView:
    """Everything that decides what a heat strip looks like, its size and its glyphs aside."""

    title: str
    value: str
    """What the values are called, such as λ."""
    densities: Densities = field(default_factory=Densities.none)
    reference: Trace | None = None
    marks: Sequence[Mark] = ()
    x_range: tuple[float, float] | None = None
    axis: Axis = STEPS
    until: float | None = None
    """The step up to which the last measurement is held; None: up to its own."""
    log: bool = True
    cursor: float | None = None
    coloured: bool = True
    """Shades are colours, else the characters that the glyphs have for them."""
    height: float | None = None
    """The value whose share is read off at the cursor; None: the largest that has one."""
    dress: Dress = field(default_factory=Dress)

    def window(self) -> tuple[float, float] | None:
        """The first and the last step shown, None while there is nothing to show."""
        if not len(self.densities.steps):
            return None
        if self.x_range is None:
            return window_over(float(self.densities.steps[0]), float(self.densities.steps[-1]), self.axis)
        return some_width(*self.x_range)


class HeatPlot:
    """Draws one view after the other, keeping the value axis while it holds.

    Args:
        styles: the numbers of the styles. `ramp` is the first of (COLOURS + 1)² for every pair of colours in the upper
            and the lower half of a cell.
    """

    def __init__(self, styles: Mapping[str, int], ramp: int) -> None:
        self._styles, self._ramp = styles, ramp
        self._reach = Reach()
        self._margin = self._bins = 0
        self.scale: SymlogScale | None = None
        self.area: Area | None = None
        """Where the last view was drawn, None if it had no plot."""

    def draw(self, view: HeatView, glyphs: Glyphs, width: int, height: int) -> Cells:
        cells = Cells(width, height)
        self.area = None
        self._bins = max(height - 2, 1) * (HALVES if view.coloured else 1)
        if width < SMALLEST[0] or height < SMALLEST[1]:
            cells.write(0, 0, "too small", self._style("muted"))
            return cells
        draw_border(cells, glyphs, view.dress, self._style)
        window = view.window()
        if window is None:
            write_entries(cells, title_of(view.title, view.dress, log=False), (), glyphs, self._style, view.dress)
            cells.write((width - 11) // 2, height // 2, "no data yet", self._style("muted"))
            return cells
        self._reach.update(view.densities)
        rows = height - 2
        ticks = self._rescale(view).ticks(rows)
        labels = format_ticks(ticks, log=view.log)
        self._margin = max(self._margin, least_margin(width), *map(len, labels))
        area = self.area = plot_area(width, height, self._margin, window, view.axis)
        draw_value_axis(cells, glyphs, area, labels, [self._scaled.row(tick, rows) for tick in ticks], self._style)
        draw_step_axis(cells, area, self._style)
        faintest = self._draw_shares(cells, view, glyphs, area)
        self._draw_reference(cells, view, glyphs, area)
        draw_uprights(cells, glyphs, area, view.marks, view.cursor, self._style)
        tint_dragged(cells, area, view.dress.dragged)
        self._write_headline(cells, view, glyphs, area, faintest)
        return cells

    @property
    def bins(self) -> int:
        """How many bins the value axis was drawn with."""
        return self._bins if self.area else 0

    def _style(self, ink: str) -> int:
        return self._styles.get(ink, self._styles["text"])

    @property
    def _scaled(self) -> SymlogScale:
        return self.scale or SymlogScale(-1.0, 1.0, math.inf)

    def _rescale(self, view: HeatView) -> SymlogScale:
        """The value axis kept if it still holds all that is to be drawn."""
        low, high = self._reach.range or (0.0, 0.0)
        if view.reference is not None and len(view.reference.y) and 0 < view.reference.y[-1] <= _FARTHEST * high:
            high = max(high, float(view.reference.y[-1]))
        held = self.scale
        if held is None or math.isinf(held.linear) == view.log or not held.holds(low, high):
            self.scale = SymlogScale.fit(low, high, view.log)
        return self._scaled

    def _draw_shares(self, cells: Cells, view: HeatView, glyphs: Glyphs, area: Area) -> float:
        """The shades; returns the share where the faintest begins."""
        columns = Columns(area.start, area.stop, area.width, area.axis)
        shares = shares_in(view.densities, self._reach, columns, self._scaled.edges(self._bins))
        last = float(view.densities.steps[-1]) if view.until is None else view.until
        shares[:, columns.edges[:-1] > last] = np.nan
        shade, faintest = levels(shares, COLOURS if view.coloured else len(glyphs.shades))
        rows, across = slice(area.top, area.bottom), slice(area.left, area.right)
        if view.coloured:
            cells.characters[rows, across], cells.styles[rows, across] = self._halves(shade[::2], shade[1::2])
        else:
            cells.characters[rows, across] = np.array([" ", *glyphs.shades])[shade]
            cells.styles[rows, across] = self._style("shade")
        failed: npt.NDArray[np.bool_] = np.isnan(shares[0])
        for column in np.flatnonzero(failed[1:] & ~failed[:-1] & (columns.edges[1:-1] <= last)) + 1:
            cells.write(area.left + int(column), area.top, glyphs.gap, self._style("gap"))
        return faintest

    def _halves(
        self, upper: npt.NDArray[np.int64], lower: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.int64]]:
        """The characters and styles of cells whose halves have two shades; a cell with one has it as its foreground."""
        first, second = np.where(upper == 0, lower, upper), np.where(upper == 0, 0, lower)
        kinds = (upper > 0).astype(np.int64) + 2 * (lower > 0)
        return np.array([" ", "▀", "▄", "▀"])[kinds], self._ramp + first * (COLOURS + 1) + second

    def _draw_reference(self, cells: Cells, view: HeatView, glyphs: Glyphs, area: Area) -> None:
        """The reference line, dashed, where a cell is free."""
        if view.reference is None:
            return
        for column in range(0, area.width, 2):
            step = area.step(area.left + column)
            value = None if view.until is not None and step > view.until else view.reference.value_at(step)
            if value is not None and self._scaled.low <= value <= self._scaled.high:
                y = area.top + self._scaled.row(value, area.height)
                if cells.characters[y, area.left + column] == " ":
                    cells.write(area.left + column, y, glyphs.dashed, self._style(view.reference.ink))

    def _write_headline(self, cells: Cells, view: HeatView, glyphs: Glyphs, area: Area, faintest: float) -> None:
        """How far the present measurement reaches, or the share in the bin at the cursor, and what the shades say.

        Where not all fits the shades come first, at last without their name; with a cursor, the values at it, without
        the title and at last without the step, which other charts tell as well.
        """
        title = title_of(view.title, view.dress, log=False)
        key = self._key(view, glyphs, faintest)
        if view.cursor is None:
            nodes = view.densities.there(len(view.densities.steps) - 1)[0]
            reach = [(f"{view.value} ", "muted"), (_between(nodes.min(), nodes.max()) if len(nodes) else "–", "value")]
            forms: list[tuple[list[Part], list[list[Part]]]] = [
                (title, [reach, key]),
                (title, [key]),
                (title, [key[1:]]),
            ]
        else:
            entries: list[list[Part]] = [
                [("step ", "muted"), (format_step(view.cursor), "value")],
                *self._read_off(cells, view, glyphs, area),
                *([(mark.label, mark.ink)] for mark in marks_at(area, view.marks, view.cursor)),
            ]
            forms = [(title, [*entries, key]), (title, entries), ([], entries), ([], entries[1:])]
        for words, entries in forms:
            if write_entries(cells, words, entries, glyphs, self._style, view.dress):
                return

    def _read_off(self, cells: Cells, view: HeatView, glyphs: Glyphs, area: Area) -> list[list[Part]]:
        """The bin at the cursor, which is pointed to, and the share in it."""
        row = None if view.cursor is None else view.densities.row_at(view.cursor)
        nodes, weights = view.densities.there(row) if row is not None else (np.empty(0), np.empty(0))
        height = view.height if view.height is not None else float(nodes.max(initial=-np.inf))
        if view.cursor is None or row is None or not math.isfinite(height):
            return [[("share ", "muted"), ("–", "value")]]
        y, column = area.top + self._scaled.row(height, area.height), area.column(view.cursor)
        cells.write(area.left - 1, y, glyphs.pointer, self._style("cursor"))
        if column is not None:
            cells.write(column, y, glyphs.cross, self._style("cursor"))
        edges = self._scaled.edges(self._bins)
        bin = self._bins - 1 - self._scaled.row(height, self._bins)
        inside = np.searchsorted(edges[1:-1], nodes, side="right") == bin
        return [
            [(f"{view.value} ", "muted"), (_between(edges[bin], edges[bin + 1], digits=2), "value")],
            [("share ", "muted"), (format_value(float(weights[inside].sum())), "value")],
        ]

    def _key(self, view: HeatView, glyphs: Glyphs, faintest: float) -> list[Part]:
        """What the shades say, from the faintest to the fullest."""
        colours = [("█", f"shade-{level}") for level in range(1, COLOURS + 1)]
        ramp = colours if view.coloured else [(glyphs.shades, "shade")]
        return [("share ", "muted"), (f"{format_ticks([faintest], log=True)[0]} ", "value"), *ramp, (" 1", "value")]


def _between(low: float, high: float, digits: int = 3) -> str:
    return f"{format_value(float(low), digits)} to {format_value(float(high), digits)}"
