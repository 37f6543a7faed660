"""The protocol of a process: weights that move by one unit of time after another."""

from __future__ import annotations

from typing import Any, Protocol

from torch import Tensor

from eostui.dynamics.thresholds import Threshold


class Process(Protocol):
    """Weights θ_0, θ_1, …: the descent, or a flow that is computed beside it.

    name: empty for the descent. step: t, the number of updates made. theta: θ_t in one vector, (size,), which `advance`
    changes in place.
    """

    name: str
    step: int
    theta: Tensor

    @property
    def lr(self) -> float:
        """The step size η of the next update."""

    @property
    def threshold(self) -> Threshold:
        """The largest stable value of the largest eigenvalue for η, and the matrix of that eigenvalue."""

    def preconditioner(self) -> Tensor | None:
        """P, (size,); None where the process has none, or has none yet."""

    def advance(self) -> None:
        """Go on by one unit of time."""

    def state_dict(self) -> dict[str, Any]:
        """Everything that the following steps depend on, as `torch.load(weights_only=True)` reads it."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state that `state_dict` gave."""
