"""Arguments and options that several commands share, and how the shell completes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from eostui.home import expand_home

DEFAULT_RUNS_DIR = Path("runs")


def run_names(context: typer.Context, incomplete: str) -> list[str]:
    """Names of runs that begin so."""
    runs_dir = expand_home(context.params.get("runs_dir") or DEFAULT_RUNS_DIR)
    return sorted(path.parent.name for path in runs_dir.glob("*/run.h5") if path.parent.name.startswith(incomplete))


def running_names(context: typer.Context, incomplete: str) -> list[str]:
    """Names of runs that begin so and are being trained."""
    from eostui.link.address import is_live
    from eostui.link.live_runs import live_runs

    runs_dir = expand_home(context.params.get("runs_dir") or DEFAULT_RUNS_DIR)
    here = {name for name in run_names(context, incomplete) if is_live(runs_dir / name)}
    return sorted(here | {path.name for path in live_runs() if path.name.startswith(incomplete)})


def trackable(incomplete: str) -> list[str]:
    """Names of instruments that `--track` takes and that begin so."""
    from eostui.instruments.catalogue import TRACKED

    return [name for name in TRACKED if name.startswith(incomplete)]


def listed(complete: Callable[[str], list[str]]) -> Callable[[str], list[str]]:
    """Completes the last name of a list with commas between, which says no name twice."""

    def complete_last(incomplete: str) -> list[str]:
        *before, last = incomplete.split(",")
        return [",".join([*before, name]) for name in complete(last) if name not in before]

    return complete_last


def words(*there: str) -> Callable[[str], list[str]]:
    """Completes one of a few words."""
    return lambda incomplete: [word for word in there if word.startswith(incomplete)]


def names_of(kind: str) -> Callable[[str], list[str]]:
    """Completes a name of `eostui list archs`, `datasets`, … ."""

    def complete(incomplete: str) -> list[str]:
        from eostui.trainer.catalogue import rows_of

        return [row[0] for row in rows_of(kind)[1] if row[0].startswith(incomplete)]

    return complete


def from_home(path: Path | None) -> Path | None:
    """The callback of every option that is a path: the shell expands no `~` in `-o=~/x` and in variables."""
    return None if path is None else expand_home(path)


RunsDir = Annotated[
    Path,
    typer.Option("--runs-dir", envvar="EOSTUI_RUNS", metavar="DIR", help="Where runs are kept.", callback=from_home),
]
RunningRun = Annotated[
    str,
    typer.Argument(metavar="RUN", autocompletion=running_names, help="A run's name, its directory or its run.h5."),
]
NewestRunning = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN]",
        show_default=False,
        autocompletion=running_names,
        help="A run's name, its directory or its run.h5; the newest that is going if not given.",
    ),
]
Run = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN]",
        show_default=False,
        autocompletion=run_names,
        help="A run's name, its directory or its run.h5; the newest if not given.",
    ),
]


def theme_names(incomplete: str) -> list[str]:
    """Names of themes that begin so."""
    from eostui.dashboard.settings import THEME_NAMES

    return [name for name in THEME_NAMES if name.startswith(incomplete)]


Theme = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        show_default=False,
        autocompletion=theme_names,
        help="Colours of the dashboard, such as eostui-light, nord or ansi-dark [as chosen last, or as suits the "
        "terminal].",
    ),
]

Headless = Annotated[
    bool,
    typer.Option("--headless", help="No dashboard: a progress line, or plain lines where stdout is no terminal."),
]
Detach = Annotated[
    bool,
    typer.Option("--detach", help="No dashboard: leave once the run has a first row, which takes some seconds."),
]
StepSize = Annotated[
    str | None,
    typer.Option("--lr", metavar="ETA", help="Another step size η from there on, such as 0.02 or 2/100."),
]
