"""How a run begins: from nothing, where another trainer of it has ended, or at a step of another run."""

from __future__ import annotations

from dataclasses import dataclass

from eostui.curvature.products import Products
from eostui.instruments.base.instrument import State
from eostui.store import Parent, Predecessor, RunFile
from eostui.store.events import Happening, Resumed
from eostui.trainer.continuation import continuation_of


@dataclass(frozen=True)
class Beginning:
    """What a run begins with.

    step: the number of updates made. elapsed: seconds of training before. state: what its trainer goes on from, as a
    checkpoint has it; None where the setup has all there is. predecessor: whose rows its file begins with. parent: the
    run that it branched off from. happening: what its first event says; None for "start". lr: another step size η than
    the state has.
    """

    step: int = 0
    elapsed: float = 0.0
    state: State | None = None
    predecessor: Predecessor | None = None
    parent: Parent | None = None
    happening: Happening | None = None
    lr: float | None = None

    @property
    def products(self) -> Products | None:
        """Which products the run measures with, as found by an earlier check; None where there was none."""
        return None if self.state is None else Products(**self.state["products"])


def going_on(file: RunFile, lr: float | None) -> Beginning:
    """That of a run whose trainer has ended, from its file and its newest checkpoint."""
    continuation = continuation_of(file)
    predecessor, state = continuation.predecessor(file), continuation.state
    return Beginning(
        step=continuation.step,
        elapsed=0.0 if state is None else state["clocks"][0],
        state=state,
        predecessor=predecessor,
        parent=file.parent,
        happening=Resumed(continuation.text(predecessor), continuation.checkpoint),
        lr=lr,
    )
