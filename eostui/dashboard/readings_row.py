"""The present values of a run, each over a sparkline of its history."""

from __future__ import annotations

import math

from textual.containers import Horizontal

from eostui.dashboard.widgets.canvas import GlyphName
from eostui.dashboard.widgets.tile import Tile
from eostui.reading.feed import Feed
from eostui.reading.numbers import NONE
from eostui.reading.readings import Reading, readings_of

TILE_WIDTH = 11
"""Cells that a reading needs: ten for 1.234e-05 or its label, one between it and the next."""


class ReadingsRow(Horizontal):
    """As many readings, from the left, as there is room for without cutting a number off."""

    DEFAULT_CSS = """
    ReadingsRow {
        height: 3;
        padding: 0 1;
        & > Tile { width: 1fr; margin-right: 1; height: 100%; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._readings: list[Reading] = []
        self._glyphs: GlyphName = "braille"

    def show(self, feed: Feed) -> None:
        """Show the present values of a feed, where there is room for the row."""
        if not self.display or not feed.series:
            return
        if not self._readings:
            self._readings = readings_of(feed)
            self.mount(*[Tile(reading.label, log=reading.log, glyphs=self._glyphs) for reading in self._readings])
            self._fit()
        for reading, tile in zip(self._readings, self.query(Tile), strict=True):
            values = reading.values(feed)
            latest = float(values[-1]) if len(values) else math.nan
            doubt = "?" if reading.column == "eigenvalues" and feed.doubtful(reading.table) else ""
            forms = reading.text(latest) if math.isfinite(latest) else (NONE,)
            tile.show(values, *(form + doubt for form in forms))

    def plot_with(self, glyphs: GlyphName) -> None:
        """Draw with other characters."""
        self._glyphs = glyphs
        for tile in self.query(Tile):
            tile.glyphs = glyphs

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        for index, tile in enumerate(self.query(Tile)):
            tile.display = index < self.size.width // TILE_WIDTH
