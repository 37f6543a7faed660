"""`eostui list`: the names there are."""

from __future__ import annotations

import shutil
import sys
from enum import StrEnum
from typing import Annotated

import typer


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
    from eostui.cli.columns import lay_out
    from eostui.streams import as_shown
    from eostui.trainer.catalogue import rows_of

    headings, rows = rows_of(kind)
    rows = [tuple(map(as_shown, row)) for row in rows]
    is_terminal = sys.stdout.isatty()
    lines = lay_out([headings, *rows], shutil.get_terminal_size().columns if is_terminal else None)
    for number, line in enumerate(lines):
        print(typer.style(line, bold=True) if is_terminal and number == 0 else line)
