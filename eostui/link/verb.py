"""What can be asked of a trainer. It imports nothing, because the command line has to know it at once."""

from __future__ import annotations

from enum import StrEnum


class Verb(StrEnum):
    """What a viewer or a script can ask of a trainer; `lr` takes the new step size as its argument, `note` a text,
    `track` and `untrack` the name of an instrument, `flow` names of flows or "none"."""

    PAUSE = "pause"
    RESUME = "resume"
    STEP = "step"
    STOP = "stop"
    LR = "lr"
    MEASURE = "measure"
    CHECKPOINT = "checkpoint"
    NOTE = "note"
    TRACK = "track"
    UNTRACK = "untrack"
    FLOW = "flow"
