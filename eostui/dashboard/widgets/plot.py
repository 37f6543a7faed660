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
from eostui.dashboard.widgets.headline import write_headline
from eostui.dashboard.widgets.outline import Outline, combined_range, rasterise
from eostui.dashboard.widgets.scale import Scale
from eostui.dashboard.widgets.surface import Cells
from eostui.dashboard.widgets.ticks import format_ticks, linear_ticks
from eostui.dashboard.widgets.view import Area, View

SMALLEST = (20, 5)
"""The width and height from which on there is room for a chart."""

_ROOMY = 40  # from this width on all charts leave the same room for value labels, so that their steps line up
_ROWS_PER_TICK = 3
_CELLS_PER_STEP_TICK = 8
_STEP_GAP = 3  # cells between two step labels


class Plot:
    """Draws one view after the other, keeping the value axis and the decimated traces while they hold.

    Args:
        styles: the names of the styles, of which cells hold the place; "trace" stands in for unknown roles.
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
        self._margin = max(self._margin, 6 if width >= _ROOMY else 4)
        rows = height - 2
        while True:
            area = Area(self._margin + 1, 1, width - self._margin - 1, rows, *window)
            envelopes = self._decimate(view, Columns(*window, area.width * glyphs.columns))
            pairs = zip(envelopes, view.traces, strict=True)
            outlines = [Outline.of(envelope, view.log, trace.stepped) for envelope, trace in pairs]
            scale = self._scale = self._rescale(view, outlines)
            ticks = scale.ticks(max(2, 1 + rows // _ROWS_PER_TICK)) if scale else []
            labels = format_ticks(ticks, view.log)
            needed = max(map(len, labels), default=0)
            if needed <= self._margin:
                break
            self._margin = needed  # labels too long for the margin: once widened it stays so
        self.area = area
        self._draw_value_axis(cells, glyphs, area, ticks, labels)
        self._draw_step_axis(cells, view, area)
        if scale:
            self._draw_traces(cells, view, glyphs, area, scale, outlines)
        self._draw_gaps(cells, view, glyphs, area, envelopes)
        self._draw_uprights(cells, view, glyphs, area)
        cursor = None if view.cursor is None else area.column(view.cursor)
        at_cursor = [mark for mark in view.marks if cursor is not None and area.column(mark.x) == cursor]
        write_headline(cells, view, glyphs, at_cursor, self._style, scale.high if scale else math.inf)
        return cells

    def _style(self, role: str) -> int:
        return self._styles.get(role, self._styles["trace"])

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
        held = self._scale
        return held if held and held.log == log and held.holds(low, high) else Scale.fit(low, high, log)

    def _draw_value_axis(
        self, cells: Cells, glyphs: Glyphs, area: Area, ticks: Sequence[float], labels: Sequence[str]
    ) -> None:
        axis, x = self._style("axis"), area.left - 1
        cells.characters[area.top : area.top + area.height, x] = glyphs.axis
        cells.styles[area.top : area.top + area.height, x] = axis
        if not self._scale:
            return
        for tick, label in zip(ticks, labels, strict=True):
            y = area.top + self._scale.row(tick, area.height * glyphs.rows) // glyphs.rows
            cells.write(x - len(label), y, label, axis)
            cells.write(x, y, glyphs.tick, axis)

    def _draw_step_axis(self, cells: Cells, view: View, area: Area) -> None:
        axis, y = self._style("axis"), area.top + area.height
        cells.write(max(area.left - 1 - len(view.x_unit), 0), y, view.x_unit[: area.left - 1], axis)
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
            dots = rasterise(outline, scale, together.shape[0], trace.stepped)
            cells.styles[rows, columns][glyphs.touched(dots)] = self._style(trace.role)
            together |= dots
        cells.characters[rows, columns] = glyphs.cells(together)

    def _draw_gaps(self, cells: Cells, view: View, glyphs: Glyphs, area: Area, envelopes: Sequence[Envelope]) -> None:
        """A sign on the top row for NaN and +Inf, on the bottom row for -Inf and, if log, for nonpositive.

        None for a reference, which nobody measured.
        """
        for trace, envelope in zip(view.traces, envelopes, strict=True):
            if trace.reference:
                continue
            for flags, y in ((envelope.above, area.top), (envelope.below, area.top + area.height - 1)):
                for column in np.flatnonzero(flags.reshape(area.width, glyphs.columns).any(axis=1)):
                    cells.write(area.left + int(column), y, glyphs.gap, self._style(trace.role))

    def _draw_uprights(self, cells: Cells, view: View, glyphs: Glyphs, area: Area) -> None:
        """Lines of the marks and of the cursor; they stay behind the traces, in the cells left free."""
        rows = slice(area.top, area.top + area.height)
        free = cells.characters[rows] == " "
        lines = [(mark.x, glyphs.mark, mark.role) for mark in view.marks]
        if view.cursor is not None:
            lines.append((view.cursor, glyphs.cursor, "cursor"))
        for step, character, role in lines:
            column = area.column(step)
            if column is not None:
                cells.characters[rows, column][free[:, column]] = character
                cells.styles[rows, column][free[:, column]] = self._style(role)
        for mark in view.marks:
            column = area.column(mark.x)
            # Where the step size changes the threshold has a kink: the cell beside it is more often free.
            beside = () if column is None else (column, column + 1, column - 1)
            places = [x for x in beside if area.left <= x < cells.width and free[0, x]]
            if places:
                cells.write(places[0], area.top, mark.glyph, self._style(mark.role))
