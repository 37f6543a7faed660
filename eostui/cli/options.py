"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RunsDir = Annotated[
    Path,
    typer.Option("--runs-dir", envvar="EOSTUI_RUNS", metavar="DIR", help="Where runs are kept."),
]
Run = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN]",
        show_default=False,
        help="A run's name, its directory or its run.h5; the newest if not given.",
    ),
]
DEFAULT_RUNS_DIR = Path("runs")
