"""`eostui list`: the names there are."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from enum import StrEnum
from textwrap import wrap
from typing import Annotated

import typer

GAP = "  "
"""Between two columns."""
DOT = " · "
"""Between what is said of one name, where there is no room for columns."""


class Kind(StrEnum):
    """What has names."""

    ARCHS = "archs"
    DATASETS = "datasets"
    OPTIMIZERS = "optimizers"
    LOSSES = "losses"
    INSTRUMENTS = "instruments"


def list_names(kind: Annotated[Kind, typer.Argument(help="What to list.")]) -> None:
    """List architectures, data sets, optimizers, losses or instruments.

    Example: `eostui list archs`
    """
    from eostui.trainer.catalogue import rows_of

    headings, rows = rows_of(kind)
    # where a program reads it, one line a name, however long
    lines = lay_out([headings, *rows], shutil.get_terminal_size().columns if sys.stdout.isatty() else None)
    for number, line in enumerate(lines):
        typer.secho(line, bold=number == 0)


def lay_out(table: Sequence[Sequence[str]], width: int | None) -> list[str]:
    """A table with its headings as lines of at most `width` cells: in columns where these fit or `width` is None.

    Elsewhere each name is followed by what is said of it, as much on a line as there is room for. A name is never cut.
    """
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    if width is None or sum(widths) + len(GAP) * (len(widths) - 1) <= width:
        return [GAP.join(cell.ljust(wide) for cell, wide in zip(row, widths, strict=True)).rstrip() for row in table]
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
