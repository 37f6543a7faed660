"""From dots to characters: the glyphs that a font or a terminal can show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from eostui.dashboard.widgets.outline import Dots

GlyphName = Literal["braille", "block", "ascii"]
Characters = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Glyphs:
    """A way to draw: cells of `rows` x `columns` dots, and the characters for everything else."""

    rows: int
    columns: int
    table: str
    """The character for each combination of dots; dot (r, c) of a cell is bit r * columns + c."""
    levels: str
    """Bars of rising height, for sparklines."""
    axis: str
    tick: str
    mark: str
    cursor: str
    gap: str
    reference: str
    """A level line in each of the `rows` of a cell, from the top down."""
    dashed: str
    dotted: str
    ellipsis: str
    above: str
    below: str
    ending: str
    """Before the name of a line at its right end."""
    rug: str
    pointer: str
    cross: str
    shades: str
    """From the faintest to the fullest, for cells without a colour of their own."""
    border: str
    """Top left, top right, bottom left and bottom right corner, level and upright side."""

    def cells(self, dots: Dots) -> Characters:
        """(height * rows, width * columns) dots as (height, width) characters."""
        by_dot = self._by_dot(dots)
        codes = np.zeros(by_dot.shape[::2], dtype=np.uint8)
        for bit, (row, column) in enumerate(np.ndindex(self.rows, self.columns)):
            codes |= by_dot[:, row, :, column].view(np.uint8) << np.uint8(bit)
        characters: Characters = self._characters[codes]
        return characters

    def touched(self, dots: Dots) -> Dots:
        """(height, width) which cells have any dot."""
        by_dot = self._by_dot(dots)
        touched = np.zeros(by_dot.shape[::2], dtype=np.bool_)
        for row, column in np.ndindex(self.rows, self.columns):
            touched |= by_dot[:, row, :, column]
        return touched

    @cached_property
    def _characters(self) -> Characters:
        return np.array(list(self.table))

    def _by_dot(self, dots: Dots) -> Dots:
        """(height, rows, width, columns) the dots, of which those of one place in all cells are quick to take."""
        return dots.reshape(dots.shape[0] // self.rows, self.rows, dots.shape[1] // self.columns, self.columns)


def _braille() -> str:
    """All 256 patterns of 4 x 2 dots; Unicode counts down the upper three rows, then the lowest."""
    unicode_bit = (0, 3, 1, 4, 2, 5, 6, 7)
    patterns = (sum((code >> bit & 1) << unicode_bit[bit] for bit in range(8)) for code in range(256))
    return " " + "".join(chr(0x2800 + pattern) for pattern in patterns)[1:]


_UNICODE = Glyphs(
    rows=4,
    columns=2,
    table=_braille(),
    levels="▁▂▃▄▅▆▇█",
    axis="│",
    tick="┤",
    mark="┆",
    cursor="│",
    gap="×",
    reference="▔━━▁",
    dashed="╍",
    dotted="·",
    ellipsis="…",
    above="↑",
    below="↓",
    ending="◂",
    rug="┴",
    pointer="▸",
    cross="┼",
    shades="░▒▓█",
    border="╭╮╰╯─│",
)

GLYPHS: dict[GlyphName, Glyphs] = {
    "braille": _UNICODE,
    "block": replace(_UNICODE, rows=2, columns=2, table=" ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█", reference="━━"),
    "ascii": Glyphs(
        rows=2,
        columns=1,
        table=" '.:",
        levels="_.-=+*%#",
        axis="|",
        tick="+",
        mark="!",
        cursor="|",
        gap="x",
        reference="==",
        dashed="~",
        dotted="~",
        ellipsis=">",
        above="^",
        below="v",
        ending="<",
        rug="^",
        pointer=">",
        cross="X",
        shades=".:-=+*%#@",
        border="++++-|",
    ),
}
"""The ways to draw, from the finest to the one that every terminal can."""
