"""Pictures of the screen that a browser shows as the terminal does.

A browser that shows an SVG inside a page loads no fonts for it, and many have no braille; the plotted dots are
therefore drawn as dots.
"""

from __future__ import annotations

import html
import re

CELL_WIDTH, CELL_HEIGHT = 12.2, 24.4
"""Of a character in Rich's SVG, whose text is placed by its baseline."""
BASELINE = 18.5
DOTS = ((0, 0, 0x01), (0, 1, 0x02), (0, 2, 0x04), (1, 0, 0x08), (1, 1, 0x10), (1, 2, 0x20), (0, 3, 0x40), (1, 3, 0x80))
"""Column, row and bit of each dot of a braille character."""
_TEXT = re.compile(r'<text class="([^"]*)" x="([\d.]*)" y="([\d.]*)"[^>]*>([^<]*[\u2801-\u28ff][^<]*)</text>')


def with_drawn_dots(svg: str) -> str:
    """The same picture with every braille character drawn dot by dot."""

    def drawn(text: re.Match[str]) -> str:
        style, left, top = text[1], float(text[2]), float(text[3]) - BASELINE
        characters = html.unescape(text[4])
        squares = "".join(
            f"M{left + CELL_WIDTH * (index + column / 2 + 0.25) - 1.7:.1f} "
            f"{top + CELL_HEIGHT * (row + 0.5) / 4 - 1.7:.1f}h3.4v3.4h-3.4z"
            for index, character in enumerate(characters)
            for column, row, bit in DOTS
            if 0x2800 <= ord(character) <= 0x28FF and ord(character) - 0x2800 & bit
        )
        rest = "".join("\xa0" if "\u2800" <= character <= "\u28ff" else character for character in characters)
        kept = text[0].replace(text[4], html.escape(rest)) if rest.strip("\xa0") else ""
        return f'{kept}<path class="{style}" d="{squares}"/>'

    return _TEXT.sub(drawn, svg)
