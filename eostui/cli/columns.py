"""Tables as plain lines: a name is never broken in two, and who reads a pipe gets one line a row."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from rich.cells import cell_len

GAP = "  "
"""Between two columns."""
DOT = " · "
"""Between what is said of one name, where there is no room for columns."""


def lay_out(table: Sequence[Sequence[str]], width: int | None) -> list[str]:
    """A table with its headings as lines of at most `width` cells: in columns where these fit or `width` is None.

    Elsewhere each name is followed by what is said of it, as much on a line as there is room for. A name is never cut.
    """
    widths = widths_of(table)
    if width is None or sum(widths) + len(GAP) * (len(widths) - 1) <= width:
        return [in_columns(row, widths) for row in table]
    indent = widths[0] + len(GAP)
    lines = []
    for name, *others in table:
        packed = [""]
        for piece in (
            piece for cell in others for piece in wrap(cell, max(width - indent, 20), break_on_hyphens=False)
        ):
            fits = packed[-1] and indent + len(packed[-1]) + len(DOT) + len(piece) <= width
            packed[-1:] = [packed[-1] + DOT + piece] if fits else [*filter(None, packed[-1:]), piece]
        lines += [
            (name if number == 0 else "").ljust(indent) + text if text else name for number, text in enumerate(packed)
        ]
    return lines


def widths_of(table: Sequence[Sequence[str]]) -> list[int]:
    """The widest cell of each column."""
    return [max(map(cell_len, column)) for column in zip(*table, strict=True)]


def in_columns(row: Sequence[str], widths: Sequence[int], right: Sequence[int] = ()) -> str:
    """One line of a table; the columns with the numbers in `right` end at the same place, the others begin there."""
    cells = []
    for number, (cell, wide) in enumerate(zip(row, widths, strict=True)):
        room = " " * (wide - cell_len(cell))
        cells.append(room + cell if number in right else cell + room)
    return GAP.join(cells).rstrip()
