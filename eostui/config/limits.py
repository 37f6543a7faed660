"""Settings of how long a run goes on, and of what it does on its way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from eostui.config.flags import COUNT, FRACTION, Check, Flag, Panel
from eostui.config.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Limits(Settings):
    """When a run begins, saves itself and ends.

    `steps` and `checkpoint_every` count steps (updates). None means "never".
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
    checkpoint_every: Annotated[int | None, Flag("Write a checkpoint every so many steps.", Panel.WHERE, COUNT)] = None
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
    paused: Annotated[bool, Flag("Start paused, before step 0.", None)] = False
