"""The whole run in a few rows, with the stretch of it that the charts show: a scroll bar that has a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from textual import events
from textual.message import Message
from textual.reactive import reactive

from eostui.dashboard.widgets.canvas import GLYPHS, GlyphName
from eostui.dashboard.widgets.decimate import Columns, Decimator
from eostui.dashboard.widgets.surface import Cells, Surface
from eostui.reading.trace import Floats, Mark, Steps

_CEILING = 1.25
"""The ratio to the threshold that fills a row; the edge is at four fifths of it."""
_FRAMED = 4
"""Rows from which there is a frame around the picture."""
_NOTHING = np.empty(0)


@dataclass(frozen=True)
class Extent:
    """What an overview shows.

    steps, values: (n,) what is drawn, as a share of the threshold, or of its largest value where there is none.
    first, last: the steps at both ends. window: the stretch that the charts show, None for all of it.
    position: the moment that a replay has reached.
    """

    first: float = 0.0
    last: float = 0.0
    steps: Steps = field(default_factory=lambda: _NOTHING)
    values: Floats = field(default_factory=lambda: _NOTHING)
    window: tuple[float, float] | None = None
    marks: Sequence[Mark] = ()
    position: float | None = None

    def column(self, step: float, width: int) -> int:
        """The column of `width` columns that shows a step."""
        share = (step - self.first) / (self.last - self.first) if self.last > self.first else 0.0
        return min(max(int(share * width), 0), width - 1)

    def step(self, column: float, width: int) -> float:
        """The step at a column."""
        return self.first + min(max(column / max(width - 1, 1), 0.0), 1.0) * (self.last - self.first)


class Overview(Surface):
    """Drawn in one row, or in five with a frame, a bar for the window, and an axis.

    A click asks for a step, a drag for a stretch of steps.
    """

    STYLES: ClassVar[tuple[str, ...]] = tuple(
        f"overview--{style}"
        for style in ("text", "frame", "title", "line", "outside", "window", "mark", "muted", "position")
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = set(STYLES)
    DEFAULT_CSS = """
    Overview {
        height: 5;
        & > .overview--frame, & > .overview--outside { color: $text-muted; }
        & > .overview--title { text-style: bold; }
        & > .overview--line { color: $text-primary; }
        & > .overview--window { color: $text-primary; text-style: bold; }
        & > .overview--mark, & > .overview--muted { color: $text-muted; }
        & > .overview--position { color: $text-warning; text-style: bold; }
        &:ansi {
            & > .overview--frame, & > .overview--outside, & > .overview--mark { color: ansi_bright_black; }
            & > .overview--line, & > .overview--window { color: ansi_blue; }
            & > .overview--position { color: ansi_yellow; }
        }
    }
    """

    glyphs: reactive[GlyphName] = reactive[GlyphName]("braille", repaint=False, init=False)
    """What the terminal's font can show."""

    class Pointed(Message):
        """The user clicked on `step`."""

        def __init__(self, step: float) -> None:
            super().__init__()
            self.step = step

    class Stretched(Message):
        """The user dragged from one step to another."""

        def __init__(self, first: float, last: float) -> None:
            super().__init__()
            self.first, self.last = first, last

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._extent = Extent()
        self._decimator = Decimator()
        self._dragged_from: float | None = None

    def show(self, extent: Extent) -> None:
        """Show another state of the run."""
        self._extent = extent
        self.repaint()

    def watch_glyphs(self) -> None:
        self.repaint()

    def draw(self, width: int, height: int) -> Cells:
        cells = Cells(width, height)
        framed = height >= _FRAMED and width > 4
        left, inner = (1, width - 2) if framed else (0, width)
        if framed:
            self._draw_frame(cells)
        if self._extent.last > self._extent.first and inner > 1:
            self._draw_bars(cells, left, inner, int(framed))
            if framed:
                self._draw_window(cells, left, inner, 2)
                self._draw_axis(cells, left, inner, 3)
            self._draw_position(cells, left, inner, int(framed))
        return cells

    def _draw_frame(self, cells: Cells) -> None:
        across, down, corners = ("-", "|", "++++") if self.glyphs == "ascii" else ("─", "│", "╭╮╰╯")
        frame, width, bottom = self._style("frame"), cells.width, cells.height - 1
        cells.write(0, 0, corners[0] + across * (width - 2) + corners[1], frame)
        cells.write(0, bottom, corners[2] + across * (width - 2) + corners[3], frame)
        cells.characters[1:bottom, [0, -1]], cells.styles[1:bottom, [0, -1]] = down, frame
        cells.write(2, 0, " whole run ", self._style("title"))
        hint = " drag looks closer, = shows all "
        if width > len(hint) + 16:
            cells.write(width - len(hint) - 2, 0, hint, self._style("muted"))

    def _draw_bars(self, cells: Cells, left: int, width: int, y: int) -> None:
        extent, levels = self._extent, GLYPHS[self.glyphs].levels
        if not len(extent.steps):
            return
        over = Columns(extent.first, max(extent.last, extent.first + 1), width)
        envelope = self._decimator.update(extent.steps, extent.values, over, positive=False)
        heights = _filled(envelope.high) / _CEILING
        start, stop = self._shown(width)
        columns = np.flatnonzero(~np.isnan(heights))
        level = np.clip(np.ceil(heights[columns] * len(levels)), 1, len(levels)).astype(np.intp)
        inside = (start <= columns) & (columns <= stop)
        cells.characters[y, left + columns] = np.array(list(levels))[level - 1]
        cells.styles[y, left + columns] = np.where(inside, self._style("line"), self._style("outside"))

    def _draw_window(self, cells: Cells, left: int, width: int, y: int) -> None:
        start, stop = self._shown(width)
        across, full, first, last = "-#[]" if self.glyphs == "ascii" else "─━┝┥"
        cells.write(left, y, across * width, self._style("frame"))
        if self._extent.window is not None:
            cells.write(left + start, y, full * (stop - start + 1), self._style("window"))
            cells.write(left + start, y, first, self._style("window"))
            cells.write(left + stop, y, last, self._style("window"))

    def _draw_axis(self, cells: Cells, left: int, width: int, y: int) -> None:
        extent, muted = self._extent, self._style("mark")
        first, last = f"{extent.first:,.0f}", f"{extent.last:,.0f}"
        cells.write(left, y, first, muted)
        cells.write(left + width - len(last), y, last, muted)
        taken = {*range(len(first) + 1), *range(width - len(last) - 1, width)}
        for mark in sorted(extent.marks, key=lambda mark: mark.glyph != "η"):
            if (column := extent.column(mark.x, width)) not in taken:
                cells.write(left + column, y, mark.glyph, self._style("text"))
                taken.add(column)

    def _draw_position(self, cells: Cells, left: int, width: int, y: int) -> None:
        if self._extent.position is not None:
            column = self._extent.column(self._extent.position, width)
            cells.write(left + column, y, "|" if self.glyphs == "ascii" else "┃", self._style("position"))

    def _shown(self, width: int) -> tuple[int, int]:
        """The first and the last column of the window."""
        window, extent = self._extent.window, self._extent
        if window is None:
            return 0, width - 1
        return extent.column(window[0], width), extent.column(window[1], width)

    def _style(self, name: str) -> int:
        return self.STYLES.index(f"overview--{name}")

    def _step(self, event: events.MouseEvent) -> float:
        framed = int(self.size.height >= _FRAMED)
        return self._extent.step(event.x - framed, self.size.width - 2 * framed)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._dragged_from = self._step(event)
        self.capture_mouse()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        self.release_mouse()
        began, self._dragged_from = self._dragged_from, None
        if began is None:
            return
        ended = self._step(event)
        self.post_message(self.Pointed(ended) if ended == began else self.Stretched(*sorted((began, ended))))


def _filled(values: Floats) -> Floats:
    """(n,) values with each gap between two of them filled by the one before."""
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return values
    at = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(len(values))))
    filled = np.where(at >= 0, values[at], np.nan)
    filled[known[-1] + 1 :] = np.nan
    return filled
