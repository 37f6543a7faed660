"""`eostui fork`: a new run that has its first steps from another one."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from eostui.cli.flags import settings_given, with_changes
from eostui.cli.options import DEFAULT_RUNS_DIR, Detach, Headless, Run, RunsDir, Theme
from eostui.config import CHANGEABLE, Panel


@with_changes(CHANGEABLE)
def fork(
    run: Run = None,
    *,
    at: Annotated[
        int,
        typer.Option("--at", min=1, metavar="STEP", help="The first step of the new run's own.", show_default=False),
    ],
    name: Annotated[
        str | None, typer.Option(help="The new run's name [RUN-at-STEP].", rich_help_panel=Panel.WHERE)
    ] = None,
    runs_dir: RunsDir = DEFAULT_RUNS_DIR,
    headless: Headless = False,
    detach: Detach = False,
    theme: Theme = None,
    **given: Any,
) -> int:
    """Start a new run that branches off from another one at a step, with another step size, optimizer or data order.

    The new run begins with the other's weights at that step. The steps from the nearest earlier checkpoint up to there,
    or from the beginning, are made again. Its file has the other's rows before that step. Whatever is not given here is
    as it was there. Another `--seed` is another order of the minibatches, and other random numbers.

    Examples:

    - `eostui fork demo --at 1000 --lr 2/50`
    - `eostui fork demo --at 1000 --optimizer adam --lr 0.001 --name demo-adam`
    - `eostui fork demo --at 200 --seed 1 --headless`
    """
    from eostui.cli.start import carry_on
    from eostui.store import find_run
    from eostui.trainer.branch_off import branch_off

    path = find_run(run, runs_dir)
    changes = settings_given(given)
    return carry_on(
        lambda: branch_off(path, at, changes, name=name, runs_dir=runs_dir),
        headless=headless,
        theme=theme,
        detach=detach,
    )
