"""What is decided about a step, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eostui.curvature.eigen.rough_products import RoughTrial
from eostui.store import Status


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Everything about a step that is decided rather than computed: whoever has the turns can make the steps again.

    step: t, the number of updates made. lr: the step size η of update t.
    measure: the instruments that measure at θ_t. search_with: by instrument, the rough products of its search; exact
    ones where it has none. compiled: whether products are the compiled ones.
    advance: whether update t follows; while a run is paused, a turn may do everything else.
    checkpoint: whether a checkpoint is written first. recheck: whether the derivatives are compared with differences
    again, before anything is measured.
    end: how the run ends here, with nothing else done; None where it goes on.
    """

    step: int
    lr: float
    measure: tuple[str, ...] = ()
    search_with: Mapping[str, RoughTrial] = field(default_factory=dict)
    compiled: bool = False
    advance: bool = True
    checkpoint: bool = False
    recheck: bool = False
    end: Status | None = None


@dataclass
class Outcome:
    """What came of a turn.

    update, certified, tracked: seconds of the loss, the gradient and the update; of the instruments at the measuring
    cadence; of those at every step. None for a part that was not done.
    written: whether a checkpoint was written. text: where, or why not.
    """

    update: float | None = None
    certified: float | None = None
    tracked: float | None = None
    written: bool = False
    text: str = ""
