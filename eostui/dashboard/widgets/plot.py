"""The picture of a chart, drawn into cells; it knows numbers and characters, and nothing of the app.

╭─ 1 Sharpness ────── λ₁ 78.7  2/η 100 ─╮
│   100┤━━━━━━━━━━━━━┆━━━━━━━━━◂2/η 100 │
│    50┤⣀⡠⠤⠒⠊⠉       ┆         ◂λ₁ 78.7 │
│  cert───┴───┴───┴───┴───┴             │
╰───step─0──────100──────200────────────╯
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from eostui.dashboard.widgets.canvas import Glyphs
from eostui.dashboard.widgets.decimate import Columns, Decimator, Envelope
from eostui.dashboard.widgets.endings import draw_endings
from eostui.dashboard.widgets.frame import (
    ROWS_PER_TICK,
    SMALLEST,
    draw_border,
    draw_step_axis,
    draw_value_axis,
    is_boxed,
    least_margin,
    plot_area,
)
from eostui.dashboard.widgets.headline import write_headline
from eostui.dashboard.widgets.layers import draw_beyond, draw_curves, draw_gaps, draw_rug
from eostui.dashboard.widgets.outline import Outline
from eostui.dashboard.widgets.ranges import combined_range
from eostui.dashboard.widgets.references import draw_reference
from eostui.dashboard.widgets.scale import Scale
from eostui.dashboard.widgets.surface import Cells
from eostui.dashboard.widgets.ticks import format_ticks
from eostui.dashboard.widgets.uprights import draw_uprights, marks_at, tint_dragged
from eostui.dashboard.widgets.view import Area, View
from eostui.reading.trace import Mark


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
        self._drawn: tuple[tuple[View, Glyphs, int, int], Cells] | None = None
        """What was drawn last without a cursor, and from what."""
        self.area: Area | None = None
        """Where the last view was drawn, None if it had no plot."""

    def draw(self, view: View, glyphs: Glyphs, width: int, height: int) -> Cells:
        if width < SMALLEST[0] or height < SMALLEST[1]:
            self.area, cells = None, Cells(width, height)
            cells.write(0, 0, "too small", self._style("muted"))
            return cells
        cells = self._without_cursor(view, glyphs, width, height)
        at_cursor: Sequence[Mark] = ()
        if self.area is not None:
            draw_uprights(cells, glyphs, self.area, view.marks, view.cursor, self._style)
            tint_dragged(cells, self.area, view.dress.dragged)
            at_cursor = marks_at(self.area, view.marks, view.cursor)
        write_headline(cells, view, glyphs, at_cursor, self._style, self._scale.high if self._scale else math.inf)
        return cells

    def _without_cursor(self, view: View, glyphs: Glyphs, width: int, height: int) -> Cells:
        """The picture but for what moves with the cursor; not drawn again while nothing else does."""
        still = replace(view, cursor=None, marks=(), dress=replace(view.dress, dragged=None))
        key = (still, glyphs, width, height)
        if self._drawn is None or self._drawn[0] != key:
            self._drawn = (key, self._draw(still, glyphs, width, height))
        return self._drawn[1].copy()

    def _draw(self, view: View, glyphs: Glyphs, width: int, height: int) -> Cells:
        """Border, axes, traces and their names, with room for the rest."""
        cells = Cells(width, height)
        self.area = None
        draw_border(cells, glyphs, view.dress, self._style)
        window = view.window()
        if window is None:
            self._scale = None
            cells.write((width - 11) // 2, height // 2, "no data yet", self._style("muted"))
            return cells
        self._margin = max(self._margin, least_margin(width))
        rug = is_boxed(width, height) and any(trace.points for trace in view.traces)
        while True:
            area = plot_area(width, height, self._margin, window, view.axis, rug)
            envelopes = self._decimate(view, Columns(*window, area.width * glyphs.columns, view.axis))
            pairs = zip(envelopes, view.traces, strict=True)
            outlines = [Outline.of(envelope, view.log, trace.stepped) for envelope, trace in pairs]
            scale = self._scale = self._rescale(view, outlines)
            ticks = scale.ticks(max(2, 1 + area.height // ROWS_PER_TICK)) if scale else []
            labels = format_ticks(ticks, view.log)
            needed = max(map(len, labels), default=0)
            if needed <= self._margin:
                break
            self._margin = needed  # labels too long for the margin: once widened it stays so
        self.area = area
        tick_rows = [scale.row(tick, area.height * glyphs.rows) // glyphs.rows for tick in ticks] if scale else []
        draw_value_axis(cells, glyphs, area, labels, tick_rows, self._style)
        draw_step_axis(cells, area, self._style)
        if scale:
            self._draw_traces(cells, view, glyphs, scale, outlines)
            draw_endings(cells, glyphs, area, scale, list(zip(view.traces, outlines, strict=True)), self._style)
        for trace, envelope in zip(view.traces, envelopes, strict=True):
            draw_gaps(cells, glyphs, area, trace, envelope, self._style)
        if rug:
            certified = [envelope for envelope, trace in zip(envelopes, view.traces, strict=True) if trace.points]
            draw_rug(cells, glyphs, area, certified, self._style)
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

    def _draw_traces(self, cells: Cells, view: View, glyphs: Glyphs, scale: Scale, outlines: Sequence[Outline]) -> None:
        """Curves, references over them, and a sign where a curve leaves the chart."""
        area = self.area
        assert area is not None
        pairs = list(zip(view.traces, outlines, strict=True))
        curves = [(trace, outline) for trace, outline in pairs if not (trace.points or trace.reference)]
        draw_curves(cells, glyphs, area, scale, curves, self._style)
        for trace, outline in pairs:
            if trace.reference:
                draw_reference(cells, glyphs, area, scale, trace, outline, view.dress.tints, self._style)
        for trace, outline in curves:
            draw_beyond(cells, glyphs, area, scale, trace, outline, self._style)
