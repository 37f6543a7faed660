"""What the terminal shows, cell by cell, so that only cells that change are sent to it.

Textual (8.2) sends a changed span of a line together with everything between the left edge of its widget and the span,
and the whole screen where a dialog opens or closes: many times as many bytes as changed, which is what counts over SSH.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import repeat

from rich.cells import cell_len
from rich.console import Console
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

Placed = tuple[int, int, Strip, range]
"""A row, a column, the strip that begins there, and which of its cells are to be shown."""
Cell = tuple[str, Style | None]
"""A character with its style; the second cell of a wide character has none."""

NARROW = re.compile("[ -~\xa1-\xac\xae-\u02ff\u0370-\u0482\u2010-\u2027\u2190-\u22ff\u2500-\u25fc\u2800-\u28ff]*")
"""Texts of characters that are known to take one cell each: what charts are drawn with, and most of what is written."""
_BRIDGE = 6  # unchanged cells that are cheaper to send again than to move the terminal's cursor over


class Mirror:
    """The cells that were sent last."""

    def __init__(self) -> None:
        self._rows: dict[int, list[Cell | None]] = {}

    def forget(self) -> None:
        """Count on nothing: the terminal was resized, or something else has written to it."""
        self._rows = {}

    def write(self, placed: Sequence[Placed], console: Console) -> str:
        """What to send so that the terminal shows some strips; from here on it shows them."""
        written = []
        known: dict[
            int, list[Cell]
        ] = {}  # by id; cut into cells once: `Strip.crop` takes milliseconds for a braille line
        for y, x, strip, places in placed:
            if id(strip) not in known:
                known[id(strip)] = _cells(strip)
            cells = known[id(strip)]
            for start, end in self._changes(y, x, cells, places):
                written.append(Control.move_to(x + start, y).segment.text)
                written.append(_joined(cells[start:end]).render(console))
        return "".join(written)

    def _changes(self, y: int, x: int, cells: list[Cell], places: range) -> Iterator[tuple[int, int]]:
        """Take in new cells of a row at some places; where those are that differ, as spans of all cells."""
        row, within = self._rows.setdefault(y, []), slice(x + places.start, x + places.stop)
        row += [None] * (within.stop - len(row))
        shown, new = row[within], cells[places.start : places.stop]
        if shown == new:
            return
        row[within] = new
        changed = [place for place, old, cell in zip(places, shown, new, strict=True) if old != cell]
        start = last = changed[0]
        for place in changed[1:]:
            if place - last > _BRIDGE:
                yield _whole(cells, start, last + 1)
                start = place
            last = place
        yield _whole(cells, start, last + 1)


def _whole(cells: list[Cell], start: int, end: int) -> tuple[int, int]:
    """A span that cuts no wide character in two."""
    if start > 0 and not cells[start][0]:
        start -= 1
    if end < len(cells) and not cells[end][0]:
        end += 1
    return start, end


def _cells(strip: Strip) -> list[Cell]:
    cells: list[Cell] = []
    for text, style, _ in strip:
        seen = None if style is None else style.clear_meta_and_links() if style.meta else style
        if NARROW.fullmatch(text):
            cells.extend(zip(text, repeat(seen), strict=False))
            continue
        for character in text:
            width = cell_len(character)
            if width:
                cells += [(character, seen), *[("", seen)] * (width - 1)]
            elif cells:
                cells[-1] = (cells[-1][0] + character, seen)
    return cells


def _joined(cells: list[Cell]) -> Strip:
    """Cells as few runs of one style: a blank has that of the character before it, where it looks the same."""
    runs: list[tuple[list[str], Style | None]] = []
    for character, style in cells:
        before = runs[-1][1] if runs else None
        # most neighbours have one and the same object as their style, whose `==` takes longer
        if runs and (before is style or before == style or (character in (" ", "") and _same_blank(before, style))):
            runs[-1][0].append(character)
        else:
            runs.append(([character], style))
    return Strip([Segment("".join(characters), style) for characters, style in runs])


def _same_blank(first: Style | None, second: Style | None) -> bool:
    """Whether a blank looks the same in both styles."""
    if first is None or second is None or first.bgcolor != second.bgcolor:
        return False
    return not any(style.reverse or style.underline or style.strike for style in (first, second))
