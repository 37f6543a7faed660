"""`eostui compare`: several runs in the same charts."""

from __future__ import annotations

from typing import Annotated

import typer

from eostui.cli.options import DEFAULT_RUNS_DIR, RunsDir, Theme, run_names
from eostui.config import ConfigError


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN RUN…",
            show_default=False,
            autocompletion=run_names,
            help="Runs by name, directory or run.h5.",
        ),
    ],
    theme: Theme = None,
    runs_dir: RunsDir = DEFAULT_RUNS_DIR,
) -> int:
    """Show several runs in the same charts, saved ones and ones that are being trained.

    The cursor reads the values of all runs off at once. `x` changes the axis: the step, its logarithm, the time or
    η·step, over which runs with different step sizes come closest to one another. `eostui plot RUN RUN…` draws a
    figure.

    Examples:

    - `eostui compare small large`
    - `eostui compare runs/digits-*`
    """
    if len(runs) < 2:
        raise ConfigError(f"compare: one run, {runs[0]!r}; give two or more, or `eostui replay {runs[0]}`")
    from eostui.reading.comparison import MOST

    if len(runs) > MOST:
        raise ConfigError(f"compare: {len(runs)} runs; give {MOST} at most, or draw them with `eostui plot`")

    from eostui.cli.terminal import require_terminal
    from eostui.store import find_run, open_runs

    paths = [find_run(run, runs_dir) for run in runs]
    for path, run in zip(paths, runs, strict=True):
        if [other.resolve() for other in paths].count(path.resolve()) > 1:
            # HDF5 cannot follow a growing file twice in one process: the second reader gets wrong rows
            raise ConfigError(f"compare: {run!r} is named twice; give each run once")
    files = open_runs(paths)
    require_terminal("`eostui plot` and `eostui export` need none")
    from eostui.cli.watch import show_together

    return show_together(files, theme)
