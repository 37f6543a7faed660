"""What viewers are told while a run is prepared."""

from __future__ import annotations

from eostui.link.doing import Doing
from eostui.link.messages import Phase
from eostui.link.server import LinkServer
from eostui.problems.problem import BUILDING
from eostui.trainer.stage import Stage


class Preparation:
    """Tells viewers how far a run is before it has a file. `stage` is where it is; None in what has no stage."""

    def __init__(self, server: LinkServer, doing: Doing) -> None:
        self._server = server
        self._doing = doing
        self.stage: Stage | None = Stage.DATA

    def enter(self, stage: Stage | None, text: str) -> None:
        """What follows belongs to this stage."""
        self.stage = stage
        self(text)

    def __call__(self, text: str, fraction: float | None = None) -> None:
        """Say what is done now, and how far it is, from 0 to 1 where somebody knows."""
        if self.stage is Stage.DATA and text.startswith(BUILDING):
            self.stage = Stage.NETWORK
        self._doing(text)
        self._server.say(Phase(text, fraction) if self.stage is None else self.stage.phase(text, fraction))
