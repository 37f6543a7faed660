"""A compact reading: a label, the present value, and a sparkline of its history."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from textual.reactive import reactive

from eostui.dashboard.widgets.canvas import GLYPHS, GlyphName
from eostui.dashboard.widgets.decimate import Columns, Decimator
from eostui.dashboard.widgets.scale import Scale, axis_units
from eostui.dashboard.widgets.surface import Cells, Surface
from eostui.dashboard.widgets.ticks import window_span
from eostui.reading.numbers import fitted
from eostui.reading.trace import Floats


class Tile(Surface):
    """A label with the present value, over a sparkline of the largest value in each stretch of the history,
    on a logarithmic scale if `log`.

    On three rows label and value have one each, on two they share one; the sparkline takes what is left.

    Example:
        ```python
        tile = Tile("sharpness")
        tile.show(values, "78.7")
        ```
    """

    STYLES: ClassVar[tuple[str, ...]] = (
        "tile--text",
        "tile--label",
        "tile--value",
        "tile--spark",
        "tile--gap",
    )

    COMPONENT_CLASSES: ClassVar[set[str]] = set(STYLES)

    DEFAULT_CSS = """
    Tile {
        height: 3;
        min-width: 9;
        & > .tile--label { color: $text-muted; }
        & > .tile--value { text-style: bold; }
        & > .tile--spark { color: $text-primary; }
        & > .tile--gap { color: $text-error; }
        &:ansi > .tile--label { color: ansi_bright_black; }
        &:ansi > .tile--spark { color: ansi_cyan; }
    }
    """

    glyphs: reactive[GlyphName] = reactive[GlyphName]("braille", repaint=False, init=False)
    """What the terminal's font can show; bars are the same for "braille" and "block"."""

    def __init__(
        self,
        label: str,
        *,
        log: bool = False,
        glyphs: GlyphName = "braille",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._label = label
        self._log_scale = log
        self._forms: tuple[str, ...] = ()
        self._values: Floats = np.empty(0)
        self._indices = np.arange(0)
        self._decimator = Decimator()
        self._scale: Scale | None = None
        self.set_reactive(Tile.glyphs, glyphs)

    def show(self, values: Floats, *forms: str) -> None:
        """Show the (n,) values so far, which may grow at the end, and the present one in the first of `forms`, ever
        shorter ones, that there is room for."""
        self._values, self._forms = values, forms
        self.repaint()

    def draw(self, width: int, height: int) -> Cells:
        label, value = self.STYLES.index("tile--label"), self.STYLES.index("tile--value")
        cells = Cells(width, height)
        text = fitted(self._forms, width)
        if height >= 3:
            cells.write(0, 0, self._label, label)
            cells.write(0, 1, text, value)
            top = 2
        else:
            start = max(width - len(text), 0)
            cells.write(0, 0, self._label[: max(start - 1, 0)], label)
            cells.write(start, 0, text, value)
            top = 1
        if len(self._values) and top < height:
            self._draw_bars(cells, top)
        return cells

    def watch_glyphs(self) -> None:
        self.repaint()

    def _draw_bars(self, cells: Cells, top: int) -> None:
        spark, gap = self.STYLES.index("tile--spark"), self.STYLES.index("tile--gap")
        glyphs = GLYPHS[self.glyphs]
        if len(self._values) > len(self._indices):
            self._indices = np.arange(2 * len(self._values))  # kept: a long series would cost milliseconds a frame
        samples = self._indices[: len(self._values)]
        stretch = window_span(max(len(samples) / cells.width, 1.0))
        columns = Columns(0.0, stretch * cells.width, cells.width)
        envelope = self._decimator.update(samples, self._values, columns, positive=self._log_scale)
        low, high = np.fmin.reduce(envelope.low), np.fmax.reduce(envelope.high)
        if not np.isnan(low):
            if self._scale is None or not self._scale.holds(low, high):
                self._scale = Scale.fit(low, high, log=self._log_scale)
            levels = len(glyphs.levels)
            rows = cells.height - top
            # From 1, so that the smallest value is seen as well.
            depths = self._scale.rows(axis_units(envelope.high, log=self._log_scale), levels * rows)
            heights = levels * rows - np.rint(depths)
            for column in np.flatnonzero(~np.isnan(heights)):
                full, rest = divmod(int(heights[column]), levels)
                bar = glyphs.levels[-1] * full + (glyphs.levels[rest - 1] if rest else "")
                for up, character in enumerate(bar):
                    cells.write(int(column), cells.height - 1 - up, character, spark)
        for column in np.flatnonzero(envelope.above | envelope.below):
            cells.write(int(column), top, glyphs.gap, gap)
