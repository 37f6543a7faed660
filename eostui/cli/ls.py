"""`eostui ls`: the runs there are."""

from __future__ import annotations

import math
from pathlib import Path

from eostui.cli.options import DEFAULT_RUNS_DIR, RunsDir


def ls(runs_dir: RunsDir = DEFAULT_RUNS_DIR) -> None:
    """List the runs, newest first.

    Example: `eostui ls --runs-dir ~/experiments`
    """
    from rich.console import Console
    from rich.table import Table

    from eostui.store import list_runs

    paths = list_runs(runs_dir)
    if not paths:
        print(f"no runs in {runs_dir} yet; `eostui run` makes one")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("name", "state"):
        table.add_column(heading, overflow="fold")
    for heading in ("step", "loss", "sharpness", "threshold"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("created (UTC)", no_wrap=True)
    for path in paths:
        table.add_row(*_row(path))
    console = Console()
    # where a program reads it, one line a run, however long
    console.print(table, width=None if console.is_terminal else 200)


def _row(path: Path) -> list[str]:
    from rich.markup import escape

    from eostui.cli.state import run_state
    from eostui.store import RunFile, RunFileError

    try:
        with RunFile.open(path) as run:
            rows, measured = run.length("train"), run.length("hessian")
            last = run.read("train", start=max(rows - 1, 0))
            sharpness = run.read("hessian", ["eigenvalues"], start=max(measured - 1, 0))["eigenvalues"]
            return [
                escape(run.name),
                run_state(run),
                str(last["step"][0]) if rows else "–",
                _number(last["loss"][0]) if rows else "–",
                _number(sharpness[0, 0]) if measured else "–",
                _number(last["threshold"][0]) if rows else "–",
                f"{run.created:%Y-%m-%d %H:%M}",
            ]
    except RunFileError as error:
        return [escape(path.parent.name), f"[red]unreadable[/]: {escape(str(error))}"]


def _number(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else str(value)
