"""`eostui run`: train in the background, watch in the dashboard."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import typer

from eostui.cli.flags import settings_given, with_settings
from eostui.cli.options import DEFAULT_RUNS_DIR, Detach, Headless, RunsDir, Theme
from eostui.config import Panel


@with_settings
def run(
    *,
    name: Annotated[str | None, typer.Option(help="The run's name.", rich_help_panel=Panel.WHERE)] = None,
    runs_dir: RunsDir = DEFAULT_RUNS_DIR,
    headless: Headless = False,
    detach: Detach = False,
    theme: Theme = None,
    **given: Any,
) -> int:
    """Train in the background and watch in the dashboard.

    Without `--arch` and `--data`: a tanh network on handwritten digits, at the edge of stability within a minute.
    With `--arch`, everything else defaults to what that architecture is for.

    Examples:

    - `eostui run`
    - `eostui run --arch fc-tanh --data cifar10-5k --loss mse --lr 2/100`
    - `eostui run --arch resnet32 --lr 0.02`
    - `eostui run --arch fc-gelu --width 100 --depth 4 --data cifar10-1k-4c --optimizer adam --lr 1e-4`
    - `eostui run --arch cnn-relu --optimizer sgd --batch-size 128 --lr-schedule 0:2/50,300:2/100`
    - `eostui run --arch my_model.py:build --data my_data.py:load --loss ce --lr 0.01 --headless`

    Dropout, and whatever else draws random numbers, has new ones at every step, the same for all that is measured at
    it. The test set is evaluated in evaluation mode.
    """
    from eostui.cli.requeue import over
    from eostui.cli.start import carry_on
    from eostui.dashboard.settings_file import data_dir_of
    from eostui.link.withdraw import has_begun
    from eostui.trainer.launch import Launched, launch, relaunch
    from eostui.trainer.plan import plan_run

    settings = settings_given(given)
    if settings["data_dir"] is None:
        settings["data_dir"], complaints = data_dir_of(os.environ)
        for complaint in complaints:
            print(f"eostui: {complaint}", file=sys.stderr)
    config = plan_run(settings)
    start: Callable[[], Launched] = partial(launch, config, name=name, runs_dir=runs_dir)
    if config.limits.requeue:
        if name is None:
            raise typer.BadParameter("--requeue finds the run again by its name: give it a --name")
        directory = runs_dir / name
        if has_begun(directory):
            if (code := over(directory)) is not None:
                return code
            start = partial(relaunch, directory, requeue=True)
    return carry_on(start, headless=headless, theme=theme, detach=detach)
