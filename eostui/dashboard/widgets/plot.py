"""The picture of a chart, drawn into cells; it knows numbers and characters, and nothing of the app.

sharpness  ━λ₁ 78.7  ╍2/η 100
   100┤╍ ╍ ╍ ╍ ╍┊╍ ╍ ╍ ╍
    50┤⣀⡠⠤⠒⠊⠉   ┊
  step 0    100    200
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from eostui.dashboard.widgets.canvas import Glyphs
from eostui.dashboard.widgets.decimate import Columns, Decimator, Envelope
from eostui.dashboard.widgets.frame import (
    ROWS_PER_TICK,
    SMALLEST,
    draw_step_axis,
    draw_uprights,
    draw_value_axis,
    least_margin,
    marks_at,
)
from eostui.dashboard.widgets.headline import write_headline
from eostui.dashboard.widgets.outline import Outline, combined_range, rasterise
from eostui.dashboard.widgets.scale import Scale, axis_units
from eostui.dashboard.widgets.surface import Cells
from eostui.dashboard.widgets.ticks import format_ticks
from eostui.dashboard.widgets.view import Area, View


class Plot:
    """Draws one view after the other, keeping the value axis and the decimated traces while they hold.

    Args:
        styles: the names of the styles, of which cells hold the place; "trace" stands in for unknown inks.
    """

    def __init__(self, styles: Sequence[str]) -> None:
        self._styles = {style: number for number, style in enumerate(styles)}
        self._decimators: list[Decimator] = []
        self._scale: Scale | None = None
        self._margin = 0
        self.area: Area | None = None
        """Where the last view was drawn, None if it had no plot."""

    def draw(self, view: View, glyphs: Glyphs, width: int, height: int) -> Cells:
        cells = Cells(width, height)
        self.area = None
        if width < SMALLEST[0] or height < SMALLEST[1]:
            cells.write(0, 0, "too small", self._style("muted"))
            return cells
        window = view.window()
        if window is None:
            write_headline(cells, view, glyphs, (), self._style)
            cells.write((width - 11) // 2, height // 2, "no data yet", self._style("muted"))
            return cells
        self._margin = max(self._margin, least_margin(width))
        rows = height - 2
        while True:
            area = Area(self._margin + 1, 1, width - self._margin - 1, rows, *window)
            envelopes = self._decimate(view, Columns(*window, area.width * glyphs.columns))
            pairs = zip(envelopes, view.traces, strict=True)
            outlines = [Outline.of(envelope, view.log, trace.stepped) for envelope, trace in pairs]
            scale = self._scale = self._rescale(view, outlines)
            ticks = scale.ticks(max(2, 1 + rows // ROWS_PER_TICK)) if scale else []
            labels = format_ticks(ticks, view.log)
            needed = max(map(len, labels), default=0)
            if needed <= self._margin:
                break
            self._margin = needed  # labels too long for the margin: once widened it stays so
        self.area = area
        tick_rows = [scale.row(tick, rows * glyphs.rows) // glyphs.rows for tick in ticks] if scale else []
        draw_value_axis(cells, glyphs, area, labels, tick_rows, self._style)
        draw_step_axis(cells, area, self._style)
        if scale:
            self._draw_traces(cells, view, glyphs, area, scale, outlines)
            self._draw_points(cells, view, glyphs, area, scale, envelopes)
        self._draw_gaps(cells, view, glyphs, area, envelopes)
        draw_uprights(cells, glyphs, area, view.marks, view.cursor, self._style)
        at_cursor = marks_at(area, view.marks, view.cursor)
        write_headline(cells, view, glyphs, at_cursor, self._style, scale.high if scale else math.inf)
        return cells

    def _style(self, ink: str) -> int:
        return self._styles.get(ink, self._styles["trace"])

    def _decimate(self, view: View, columns: Columns) -> list[Envelope]:
        missing = len(view.traces) - len(self._decimators)
        self._decimators += [Decimator() for _ in range(missing)]
        return [
            decimator.update(trace.x, trace.y, columns, positive=view.log)
            for decimator, trace in zip(self._decimators, view.traces, strict=False)
        ]

    def _rescale(self, view: View, outlines: Sequence[Outline]) -> Scale | None:
        """The value axis kept if it still holds all that is to be drawn; None where that is nothing."""
        log = view.log
        pairs = list(zip(view.traces, outlines, strict=True))
        values = combined_range(
            [outline for trace, outline in pairs if not trace.reference],
            [outline for trace, outline in pairs if trace.reference],
            log,
        )
        if values is None:
            return None
        low, high = (float(10.0**v) if log else v for v in values)
        if view.symmetric and not log:
            low, high = min(low, -high), max(high, -low)
        held = self._scale
        return held if held and held.log == log and held.holds(low, high) else Scale.fit(low, high, log)

    def _draw_traces(
        self,
        cells: Cells,
        view: View,
        glyphs: Glyphs,
        area: Area,
        scale: Scale,
        outlines: Sequence[Outline],
    ) -> None:
        rows, columns = slice(area.top, area.top + area.height), slice(area.left, cells.width)
        together = np.zeros((area.height * glyphs.rows, area.width * glyphs.columns), dtype=np.bool_)
        for trace, outline in zip(view.traces, outlines, strict=True):
            if trace.points:
                continue
            dots = rasterise(outline, scale, together.shape[0], trace.stepped)
            cells.styles[rows, columns][glyphs.touched(dots)] = self._style(trace.ink)
            together |= dots
        cells.characters[rows, columns] = glyphs.cells(together)

    def _draw_points(
        self, cells: Cells, view: View, glyphs: Glyphs, area: Area, scale: Scale, envelopes: Sequence[Envelope]
    ) -> None:
        """The points, over the lines: in each column of dots the lowest and the highest."""
        for trace, envelope in zip(view.traces, envelopes, strict=True):
            if not trace.points:
                continue
            ends = scale.rows(axis_units(np.stack([envelope.low, envelope.high]), view.log), area.height * glyphs.rows)
            _, columns = drawn = np.nonzero(~np.isnan(ends))
            y = area.top + np.rint(ends[drawn]).astype(int) // glyphs.rows
            cells.characters[y, area.left + columns // glyphs.columns] = glyphs.point
            cells.styles[y, area.left + columns // glyphs.columns] = self._style(trace.ink)

    def _draw_gaps(self, cells: Cells, view: View, glyphs: Glyphs, area: Area, envelopes: Sequence[Envelope]) -> None:
        """A sign on the top row for NaN and +Inf, on the bottom row for -Inf and, if log, for nonpositive.

        None for a reference, which nobody measured, nor where nothing was to be measured.
        """
        for trace, envelope in zip(view.traces, envelopes, strict=True):
            if trace.reference or trace.sparse:
                continue
            for flags, y in ((envelope.above, area.top), (envelope.below, area.top + area.height - 1)):
                for column in np.flatnonzero(flags.reshape(area.width, glyphs.columns).any(axis=1)):
                    cells.write(area.left + int(column), y, glyphs.gap, self._style(trace.ink))
