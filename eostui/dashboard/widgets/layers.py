"""Curves as dots in cells: lines over the faint bands of series that swing, certified values as a rug below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from eostui.dashboard.widgets.canvas import Glyphs
from eostui.dashboard.widgets.decimate import Envelope
from eostui.dashboard.widgets.frame import Style
from eostui.dashboard.widgets.outline import Dots, Outline, rasterise
from eostui.dashboard.widgets.scale import Scale
from eostui.dashboard.widgets.surface import Cells
from eostui.dashboard.widgets.view import Area
from eostui.reading.trace import Trace

_ENVELOPE, _RUG = "envelope", "rug"
_RUG_NAME = "cert"
_THICK = 1.0  # rows of cells: a column that reaches over more swings, if most of those around it do
_AROUND, _MOST = 9, 6  # of so many columns so many

Drawn = Sequence[tuple[Trace, Outline]]


def draw_curves(cells: Cells, glyphs: Glyphs, area: Area, scale: Scale, drawn: Drawn, style: Style) -> None:
    """Draw lines, a later one over those before, and behind them the bands in which series swing.

    In a cell with a line only the ends of a band are kept: the line stays readable, and no extreme value is lost.
    """
    shape = (area.height * glyphs.rows, area.width * glyphs.columns)
    lines, bands, ends = np.zeros((3, *shape), dtype=np.bool_)
    layers: list[tuple[Dots, str]] = []
    for trace, outline in drawn:
        dots = rasterise(outline, scale, shape[0], trace.stepped)
        swings = np.zeros(shape[1], np.bool_) if trace.stepped else _swings(outline, scale, shape[0], glyphs)
        if swings.any():
            band = dots & swings
            bands |= band
            ends |= band & ~(_shifted(band, 1) & _shifted(band, -1))
            middle = rasterise(outline.through_middles(swings), scale, shape[0], stepped=False)
            dots = (dots & ~swings) | middle
        lines |= dots
        layers.append((dots, trace.ink))
    within = (slice(area.top, area.bottom), slice(area.left, area.right))
    if bands.any():
        bands &= ends | ~glyphs.touched(lines).repeat(glyphs.rows, axis=0).repeat(glyphs.columns, axis=1)
        cells.styles[within][glyphs.touched(bands)] = style(_ENVELOPE)
    for dots, ink in layers:
        cells.styles[within][glyphs.touched(dots)] = style(ink)
    cells.characters[within] = glyphs.cells(lines | bands)


def _swings(outline: Outline, scale: Scale, rows: int, glyphs: Glyphs) -> npt.NDArray[np.bool_]:
    """Which columns of dots belong to a stretch where the series swings over more than a cell, its ends included."""
    low, high = scale.rows(np.stack([outline.low, outline.high]), rows)
    thick: npt.NDArray[np.bool_] = (low - high > _THICK * glyphs.rows) & ~np.isnan(outline.middle) & ~outline.broken
    if not thick.any():
        return thick
    amid = np.convolve(thick, np.ones(_AROUND), mode="same") >= _MOST
    swings: npt.NDArray[np.bool_] = thick & (np.convolve(amid, np.ones(_AROUND), mode="same") > 0.5)
    return swings


def _shifted(dots: Dots, rows: int) -> Dots:
    """The dots moved down by a row, or up by one for -1; nothing comes in."""
    moved = np.zeros_like(dots)
    if rows > 0:
        moved[rows:] = dots[:-rows]
    else:
        moved[:rows] = dots[-rows:]
    return moved


def draw_beyond(
    cells: Cells, glyphs: Glyphs, area: Area, scale: Scale, trace: Trace, outline: Outline, style: Style
) -> None:
    """Signs on the edge rows of the columns in which a curve leaves the chart."""
    rows = area.height * glyphs.rows
    low, high = scale.rows(np.stack([outline.low, outline.high]), rows)
    _sign(cells, glyphs, area, high < -0.5, area.top, glyphs.above, style(trace.ink))
    _sign(cells, glyphs, area, low > rows - 0.5, area.bottom - 1, glyphs.below, style(trace.ink))


def draw_gaps(cells: Cells, glyphs: Glyphs, area: Area, trace: Trace, envelope: Envelope, style: Style) -> None:
    """A sign on the top row for NaN and +Inf, on the bottom row for -Inf and, if log, for nonpositive.

    None for a reference, which nobody measured, nor where nothing was to be measured.
    """
    if not (trace.reference or trace.sparse):
        _sign(cells, glyphs, area, envelope.above, area.top, glyphs.gap, style(trace.ink))
        _sign(cells, glyphs, area, envelope.below, area.bottom - 1, glyphs.gap, style(trace.ink))


def _sign(
    cells: Cells, glyphs: Glyphs, area: Area, columns: npt.NDArray[np.bool_], y: int, sign: str, style: int
) -> None:
    if columns.any():
        at = area.left + np.flatnonzero(columns.reshape(area.width, glyphs.columns).any(axis=1))
        cells.characters[y, at], cells.styles[y, at] = sign, style


def draw_rug(cells: Cells, glyphs: Glyphs, area: Area, envelopes: Sequence[Envelope], style: Style) -> None:
    """A tick below the plot in every column that has a certified value."""
    axis = style("axis")
    cells.write(area.left - 1 - len(_RUG_NAME), area.bottom, _RUG_NAME, axis)
    cells.fill(area.left - 1, area.bottom, area.width + 1, glyphs.border[4], axis)
    for envelope in envelopes:
        _sign(cells, glyphs, area, ~np.isnan(envelope.low), area.bottom, glyphs.rug, style(_RUG))
