"""The decisions about one step, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eostui.curvature.eigen.rough_products import RoughTrial
from eostui.store import By, Status


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Everything about a step that is decided rather than computed. The same turns make the same steps again.

    step: t, the number of updates made. lr: the step size η of update t.
    measure: the instruments that measure at θ_t. search_with: the rough products of the search, by instrument; an
    instrument that is missing here searches with exact products. compiled: whether products are the compiled ones.
    advance: whether update t follows. Turns of a paused run may do everything else.
    track, untrack: the instruments that measure from here on, and those that no longer do.
    checkpoint: whether a checkpoint is written before anything is measured. recheck: whether the derivatives are
    compared with differences again before that.
    by: who has asked for a turn that does any of these.
    end: the status with which the run ends here, and nothing else is done; None where the run goes on.
    """

    step: int
    lr: float
    measure: tuple[str, ...] = ()
    search_with: Mapping[str, RoughTrial] = field(default_factory=dict)
    compiled: bool = False
    advance: bool = True
    track: tuple[str, ...] = ()
    untrack: tuple[str, ...] = ()
    checkpoint: bool = False
    recheck: bool = False
    by: By | None = None
    end: Status | None = None


@dataclass
class Outcome:
    """The result of a turn.

    update: seconds that the loss, the gradient and the update took. certified: seconds of the instruments at the
    measuring cadence. tracked: seconds of the instruments at every step. Each is None where that was not done.
    done: whether what somebody asked for was done. text: what came of it, or why not.
    """

    update: float | None = None
    certified: float | None = None
    tracked: float | None = None
    done: bool = True
    text: str = ""

    def say(self, text: str) -> None:
        """Say more of what came of it."""
        self.text = f"{self.text}; {text}" if self.text else text
