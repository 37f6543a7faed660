"""A screen that sends the terminal the changed cells alone.

Textual 8.2 sends a changed span of a line together with everything between the left edge of its widget and the span:
for charts, which grow at their right end, that is five times as many bytes over SSH.
"""

from __future__ import annotations

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate, Compositor
from textual.screen import Screen, ScreenResultType


class SpanUpdate(ChopsUpdate):
    """An update of spans that is written span by span."""

    def render_segments(self, console: Console) -> str:
        written = []
        for y, start, end in self.spans:
            for stop, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=True):
                first, last = max(start, x), min(end, stop)
                if strip is not None and first < last:
                    written.append(Control.move_to(first, y).segment.text)
                    written.append(strip.crop(first - x, last - x).render(console))
        return "".join(written)


class SpanCompositor(Compositor):
    """A compositor whose partial updates are `SpanUpdate`s."""

    def render_partial_update(self) -> SpanUpdate | None:
        update = super().render_partial_update()
        return None if update is None else SpanUpdate(update.chops, update.spans, update.chop_ends)


class FrugalScreen(Screen[ScreenResultType]):
    """A screen for widgets that refresh small regions."""

    def __init__(self, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name, id, classes)
        self._compositor = SpanCompositor()
