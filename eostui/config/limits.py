"""Settings of how long a run goes on, and of what it does on its way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from eostui.config.flags import COUNT, FRACTION, Check, Flag, Panel
from eostui.config.interval import INTERVALS, is_interval, parse_interval
from eostui.config.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Limits(Settings):
    """When a run begins, saves itself and ends.

    `steps` counts steps (updates), and so does `checkpoint_every` where it is a number; a text there is a time, such as
    `10min`. None means "never".
    """

    steps: Annotated[
        int | None, Flag("Number of updates; without it the run goes on until stopped.", Panel.LIMITS, COUNT)
    ] = None
    until_loss: Annotated[
        float | None,
        Flag("Finish when the training loss is at most this.", Panel.LIMITS, Check(math.isfinite, "a finite number")),
    ] = None
    until_accuracy: Annotated[
        float | None,
        Flag(
            "Finish when the training accuracy is at least this.",
            Panel.LIMITS,
            FRACTION,
        ),
    ] = None
    checkpoint_every: Annotated[
        int | str | None,
        Flag(
            "Write a checkpoint every so many steps, or after so much time: 500, 10min or 2h. A run that finishes or "
            "is stopped writes one in any case.",
            Panel.WHERE,
            Check(is_interval, INTERVALS),
            metavar="STEPS|TIME",
            typed=str,
            read=parse_interval,
        ),
    ] = None
    keep_checkpoints: Annotated[
        int,
        Flag(
            "Keep the newest so many checkpoints, and those that the file `checkpoints/kept` names, one a line.",
            Panel.WHERE,
            COUNT,
        ),
    ] = 3
    on_end: Annotated[
        str | None,
        Flag(
            "A command for the shell when the run has ended, such as a mail to yourself. It finds EOSTUI_RUN (the "
            "directory), EOSTUI_STATUS, EOSTUI_STEP and EOSTUI_REASON in its environment, and writes into the run's "
            "trainer.log.",
            Panel.WHERE,
            metavar="COMMAND",
        ),
    ] = None
    requeue: Annotated[
        bool,
        Flag(
            "For batch schedulers: SIGUSR1 stops the run with a checkpoint and exit code 138. The same command line "
            "goes on with a run that a signal has stopped, or that died. Give it a --name.",
            Panel.WHERE,
        ),
    ] = False
    paused: Annotated[bool, Flag("Start paused, before step 0.", None)] = False
