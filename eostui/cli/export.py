"""`eostui export`: a run's tables for other programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from eostui.cli.options import DEFAULT_RUNS_DIR, Run, RunsDir, from_home
from eostui.export_format import ExportFormat


def export(
    run: Run = None,
    format: Annotated[
        ExportFormat, typer.Option("--format", "-f", help="csv, json, parquet or npz.")
    ] = ExportFormat.CSV,
    table: Annotated[
        str | None, typer.Option("--table", "-t", help="One table; `eostui info` names them. [train, or all of them]")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="F",
            help="A file, a directory for a file a table, or - for standard output.",
            callback=from_home,
        ),
    ] = None,
    runs_dir: RunsDir = DEFAULT_RUNS_DIR,
) -> None:
    """Write a run's tables as csv, json, parquet or npz, to a file or to standard output.

    A csv or parquet file holds one table, `train` unless `--table` says otherwise; a directory gets them all.
    json and npz hold all tables in one file.

    Examples:

    - `eostui export demo > train.csv`
    - `eostui export demo --format csv --table hessian -o hessian.csv`
    - `eostui export demo --format parquet -o tables/`
    """
    from eostui.store import export_run, find_run, open_run

    if (
        (output is None or str(output) == "-")
        and format in (ExportFormat.PARQUET, ExportFormat.NPZ)
        and sys.stdout.isatty()
    ):
        raise typer.BadParameter(f"{format} is not for a terminal: give a file", param_hint="--output")
    with open_run(find_run(run, runs_dir)) as file:
        target = sys.stdout.buffer if output is None or str(output) == "-" else output
        written = export_run(file, format, target, table=table)
    for path in written:
        print(path, file=sys.stderr)
