"""`eostui replay`: watch a saved run again."""

from __future__ import annotations

from typing import Annotated

import typer

from eostui.cli.options import DEFAULT_RUNS_DIR, Run, RunsDir, Theme


def replay(
    run: Run = None,
    speed: Annotated[float, typer.Option(help="How many times as fast as it was recorded.")] = 1.0,
    start: Annotated[int, typer.Option("--from", metavar="STEP", help="The step to start from.")] = 0,
    theme: Theme = None,
    runs_dir: RunsDir = DEFAULT_RUNS_DIR,
) -> int:
    """Watch a saved run again, from its file alone: at any speed, from any step.

    Examples:

    - `eostui replay` (the newest run)
    - `eostui replay runs/demo --speed 10`
    - `eostui replay demo --from 500`
    """
    if not 0 < speed < float("inf"):
        raise typer.BadParameter(f"{speed:g} is no speed: give a positive number such as 10", param_hint="--speed")
    if start < 0:
        raise typer.BadParameter(f"{start} is no step: give 0 or more", param_hint="--from")

    from eostui.cli.terminal import require_terminal
    from eostui.store import find_run, open_run

    with open_run(find_run(run, runs_dir)) as file:
        require_terminal("`eostui info` and `eostui export` need none")
        from eostui.cli.watch import preferences, watch_again
        from eostui.reading.replay import ReplayFeed

        feed = ReplayFeed(file, speed=speed, start=start)
        chosen = preferences(theme)
    return watch_again(feed, chosen)
