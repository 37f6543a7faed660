"""The screen as a PNG, drawn cell by cell; it needs what `pip install 'eostui[plot]'` brings."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.color import Color, ColorType
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import DIMMED_MONOKAI, TerminalTheme

from eostui.dashboard.screenshot import DOTS

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

CELL = (10, 20)
"""Pixels of a cell, half as wide as high."""
_SIZE = 16
"""Of the font, in pixels: a character of DejaVu Sans Mono is 0.602 times as wide."""
_DIMMED = 0.6
"""How much of a dim character's colour is left, against its ground."""

RGB = tuple[int, int, int]


class NoPng(Exception):
    """What a PNG needs is not installed; the message says how to get it."""


def png_of(lines: Sequence[Sequence[Segment]], theme: TerminalTheme = DIMMED_MONOKAI) -> bytes:
    """A picture of lines of styled text, as the file's bytes; colours that a terminal chooses are those of a theme.

    Braille is drawn dot by dot. Raises NoPng.
    """
    try:
        import matplotlib
        from PIL import Image, ImageDraw, ImageFont
    except ImportError:
        raise NoPng("a png needs matplotlib: pip install 'eostui[plot]'; svg and csv need nothing") from None
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    plain, bold = (ImageFont.truetype(str(fonts / f"DejaVuSansMono{weight}.ttf"), _SIZE) for weight in ("", "-Bold"))
    width = max((sum(segment.cell_length for segment in line) for line in lines), default=1)
    picture = Image.new("RGB", (width * CELL[0], len(lines) * CELL[1]), tuple(theme.background_color))
    draw = ImageDraw.Draw(picture)
    for y, line in enumerate(lines):
        x = 0
        for text, style, _ in line:
            ink, ground = _colours(style or Style(), theme)
            cells = Segment(text).cell_length
            draw.rectangle((x * CELL[0], y * CELL[1], (x + cells) * CELL[0] - 1, (y + 1) * CELL[1] - 1), fill=ground)
            for character in text:
                _draw(draw, character, x, y, ink, bold if style and style.bold else plain)
                x += Segment(character).cell_length
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def _draw(draw: ImageDraw, character: str, x: int, y: int, ink: RGB, font: FreeTypeFont) -> None:
    left, top = x * CELL[0], y * CELL[1]
    if not "\u2800" <= character <= "\u28ff":
        draw.text((left, top + CELL[1] - 5), character, fill=ink, font=font, anchor="ls")
        return
    for column, row, bit in DOTS:
        if ord(character) - 0x2800 & bit:
            at = left + CELL[0] * (2 * column + 1) // 4, top + CELL[1] * (2 * row + 1) // 8
            draw.rectangle((at[0] - 1, at[1] - 1, at[0] + 1, at[1] + 1), fill=ink)


def _colours(style: Style, theme: TerminalTheme) -> tuple[RGB, RGB]:
    """The colours of the text and of its ground."""
    ink = _rgb(style.color, theme, foreground=True)
    ground = _rgb(style.bgcolor, theme, foreground=False)
    if style.reverse:
        ink, ground = ground, ink
    if style.dim:
        red, green, blue = (round(_DIMMED * a + (1 - _DIMMED) * b) for a, b in zip(ink, ground, strict=True))
        ink = red, green, blue
    return ink, ground


def _rgb(color: Color | None, theme: TerminalTheme, *, foreground: bool) -> RGB:
    if color is None or color.type is ColorType.DEFAULT:
        red, green, blue = theme.foreground_color if foreground else theme.background_color
    else:
        red, green, blue = color.get_truecolor(theme, foreground=foreground)
    return red, green, blue
