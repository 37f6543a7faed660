"""What a run goes through until it has measured for the first time."""

from __future__ import annotations

from enum import StrEnum

from eostui.link.messages import Phase


class Stage(StrEnum):
    """The stages in their order, in the words of a checklist."""

    TORCH = "import torch"
    DATA = "load the data"
    NETWORK = "build the network"
    DERIVATIVES = "check the derivatives"
    TRIAL = "try out what a step costs"
    GRADIENT = "gradient of step 0"
    MEASUREMENT = "first measurement"

    def phase(self, text: str, fraction: float | None = None) -> Phase:
        """What is done within this stage, as viewers are told it."""
        stages = list(map(str, Stage))
        return Phase(text, fraction, stages.index(self), stages)
