"""`eostui resume`: go on with a run whose trainer has ended."""

from __future__ import annotations

from typing import Annotated

import typer

from eostui.cli.options import DEFAULT_RUNS_DIR, Detach, Headless, Run, RunsDir, StepSize, Theme
from eostui.config import Panel


def resume(
    run: Run = None,
    lr: StepSize = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Number of updates, from step 0 on.", rich_help_panel=Panel.LIMITS)
    ] = None,
    until_loss: Annotated[
        float | None, typer.Option(help="Finish when the training loss is at most this.", rich_help_panel=Panel.LIMITS)
    ] = None,
    until_accuracy: Annotated[
        float | None,
        typer.Option(help="Finish when the training accuracy is at least this.", rich_help_panel=Panel.LIMITS),
    ] = None,
    headless: Headless = False,
    detach: Detach = False,
    theme: Theme = None,
    runs_dir: RunsDir = DEFAULT_RUNS_DIR,
) -> int:
    """Go on with a run that was stopped, killed, or has reached its goal, from its newest checkpoint.

    The run keeps its directory, its file and its settings as they were last. On one machine's CPU it goes on bit for
    bit as if it had never ended. Rows behind the checkpoint, which a killed run may have, are cut and made again. A run
    without a checkpoint begins again. New goals take the place of all old ones.

    Examples:

    - `eostui resume` (the newest run)
    - `eostui resume demo --steps 5000`
    - `eostui resume demo --lr 2/50`
    """
    from eostui.cli.start import carry_on
    from eostui.config import parse_step_size
    from eostui.store import find_run
    from eostui.trainer.launch import relaunch

    goals = {"steps": steps, "until_loss": until_loss, "until_accuracy": until_accuracy}
    directory = find_run(run, runs_dir).parent
    return carry_on(
        lambda: relaunch(
            directory,
            lr=None if lr is None else parse_step_size(lr),
            goals={name: value for name, value in goals.items() if value is not None},
        ),
        headless=headless,
        theme=theme,
        detach=detach,
    )
