"""`eostui list`: the names there are."""

from __future__ import annotations

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
    from rich.console import Console
    from rich.table import Table

    from eostui.trainer.catalogue import rows_of

    headings, rows = rows_of(kind)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, no_wrap=heading == "name", overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console().print(table, markup=False)
