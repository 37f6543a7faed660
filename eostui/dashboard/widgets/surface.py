"""A widget painted from a rectangle of cells, of which it repaints only those that changed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

_ENCODING = f"utf-32-{sys.byteorder[0]}e"
"""How numpy keeps characters."""
_BRIDGE = 6  # unchanged cells that are cheaper to send again than to move the terminal's cursor over
_MOST_SPANS = 5  # of a row: more of them take longer than all that lies between, which the mirror sends no more anyway


class Cells:
    """A rectangle of characters, each one cell wide, with the number of its style and whether its ground is tinted."""

    def __init__(self, width: int, height: int) -> None:
        self.characters = np.full((height, width), " ", dtype="U1")
        self.styles = np.zeros((height, width), dtype=np.uint8)
        self.tints = np.zeros((height, width), dtype=np.bool_)

    def copy(self) -> Cells:
        """The same cells, to be written to."""
        cells = Cells(0, 0)
        cells.characters, cells.styles, cells.tints = self.characters.copy(), self.styles.copy(), self.tints.copy()
        return cells

    @property
    def width(self) -> int:
        return self.characters.shape[1]

    @property
    def height(self) -> int:
        return self.characters.shape[0]

    def write(self, x: int, y: int, text: str, style: int) -> int:
        """Write as much of `text` as there is room for, and give the column after it."""
        end = min(x + len(text), self.width)
        if x < end:
            shown = plain(text)[: end - x].encode(_ENCODING)
            self.characters[y, x:end] = np.frombuffer(shown, dtype=self.characters.dtype)
            self.styles[y, x:end] = style
        return max(x, end)

    def fill(self, x: int, y: int, width: int, character: str, style: int) -> None:
        """Fill `width` cells of row `y`, which are there, with one character."""
        self.characters[y, x : x + width], self.styles[y, x : x + width] = character, style

    def changes(self, before: Cells) -> list[Region]:
        """The spans of each row that differ from cells of the same size."""
        changed = self.characters != before.characters
        changed |= (self.styles != before.styles) | (self.tints != before.tints)
        regions = []
        for y in np.flatnonzero(changed.any(axis=1)):
            columns = np.flatnonzero(changed[y])
            breaks = np.flatnonzero(np.diff(columns) > _BRIDGE)
            if len(breaks) >= _MOST_SPANS:
                breaks = breaks[:0]
            starts, ends = columns[[0, *(breaks + 1)]], columns[[*breaks, -1]]
            regions += [Region(int(x), int(y), int(end - x) + 1, 1) for x, end in zip(starts, ends, strict=True)]
        return regions

    def strip(self, y: int, styles: Sequence[Style], tinted: Sequence[Style]) -> Strip:
        """Row `y` as runs of one style, which is one of `tinted` where the ground is."""
        numbers, tints = self.styles[y], self.tints[y]
        text = self.characters[y].tobytes().decode(_ENCODING)
        differs = (numbers[1:] != numbers[:-1]) | (tints[1:] != tints[:-1])
        starts = [0, *(np.flatnonzero(differs) + 1).tolist()]
        inks = zip(numbers[starts].tolist(), tints[starts].tolist(), strict=True)
        runs = [
            Segment(text[a:b], (tinted if tint else styles)[number])
            for (a, b), (number, tint) in zip(pairwise([*starts, self.width]), inks, strict=True)
        ]
        return Strip(runs, self.width)


def plain(text: str) -> str:
    """`text` with a question mark for whatever is not one printable cell wide, so that columns stay put."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() and cell_len(c) == 1 else "?" for c in text)


class Surface(Widget):
    """Base of widgets that draw themselves into `Cells`: `draw()` says how, `repaint()` when."""

    STYLES: ClassVar[tuple[str, ...]]
    """Component classes; a style's number is its place."""

    TINT: ClassVar[str | None] = None
    """The component class whose background is the tint of cells; None where no cell is ever tinted."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._cells = Cells(0, 0)
        self._styles: list[Style] = []
        self._tinted: list[Style] = []

    def draw(self, width: int, height: int) -> Cells:
        """The whole content as it should be now."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Draw, and send to the terminal what differs from what is shown."""
        width, height = self.size
        if not width or not height:
            return
        shown, self._cells = self._cells, self.draw(width, height)
        if (shown.width, shown.height) != (width, height):
            self.refresh()
        elif regions := self._cells.changes(shown):
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        if (self._cells.width, self._cells.height) != self.size:
            self._cells = self.draw(*self.size)
        if not self._styles:
            self._styles = self.resolve_styles()
            tint = Style() if self.TINT is None else Style(bgcolor=self.get_visual_style(self.TINT).rich_style.bgcolor)
            self._tinted = [style + tint for style in self._styles]
        return self._cells.strip(y, self._styles, self._tinted)

    def resolve_styles(self) -> list[Style]:
        """The styles by their numbers, as the theme has them."""
        return [self.get_visual_style(name).rich_style for name in self.STYLES]

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles = []

    def on_resize(self) -> None:
        self.repaint()
