"""The descent: the updates that an optimizer makes to the weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from eostui.curvature.operators.hessian import HessianOperator
from eostui.dynamics.minibatches import Minibatches
from eostui.dynamics.optimizers import set_step_size
from eostui.dynamics.preconditioner import preconditioner
from eostui.dynamics.thresholds import Threshold, stability_threshold
from eostui.dynamics.without_compiler import update
from eostui.objective.objective import Gradient, Objective


class Descent:
    """An optimizer that updates θ_t to θ_{t+1} by the gradient at θ_t.

    objective: the loss over all training examples. theta: all weights in one vector, (size,), the only parameter of the
    `optimizer`. minibatches: which examples each step sees; None for all of them. step: the number of updates made.
    time: Σ η over them.
    """

    def __init__(
        self,
        objective: Objective,
        optimizer: torch.optim.Optimizer,
        theta: Tensor,
        minibatches: Minibatches | None = None,
        step: int = 0,
    ) -> None:
        self.objective = objective
        self.optimizer = optimizer
        self.theta = theta
        self.step = step
        self.time = 0.0
        self._minibatches = minibatches
        self._gradient: Tensor | None = None

    @property
    def lr(self) -> float:
        """The step size η of the next update."""
        lr: float = self.optimizer.param_groups[0]["lr"]
        return lr

    @lr.setter
    def lr(self, lr: float) -> None:
        set_step_size(self.optimizer, lr)

    @property
    def threshold(self) -> Threshold:
        """The stability threshold of the optimizer as it is now."""
        return stability_threshold(self.optimizer)

    def preconditioner(self) -> Tensor | None:
        """P of the optimizer, (size,); None where there is none, or none before the first update."""
        return preconditioner(self.optimizer, [self.theta])

    def evaluate(self, hessian: HessianOperator | None = None) -> Gradient:
        """Loss and gradient at θ_t of the examples that this step sees. `advance` uses this gradient.

        A `hessian` at θ_t of the same examples, where given, has graphs that give the gradient at no further cost.
        """
        objective = self.objective
        if self._minibatches is not None:
            objective = objective.select(self._minibatches.at(self.step))
        if hessian is not None and hessian.objective is objective:
            evaluation = hessian.gradient(advance_buffers=True)
        else:
            evaluation = objective.gradient(self.theta, advance_buffers=True)
        self._gradient = evaluation.gradient
        return evaluation

    def advance(self) -> None:
        """Update θ with the gradient from `evaluate`. Raises RuntimeError where `evaluate` was not called before."""
        if self._gradient is None:
            raise RuntimeError(f"update {self.step} has no gradient: call evaluate first")
        self.theta.grad, self._gradient = self._gradient, None
        update(self.optimizer)
        self.step += 1
        self.time += self.lr
        self.objective.draws.step = self.step

    def state_dict(self) -> dict[str, Any]:
        """The module's state with θ in it, the optimizer's, the step, and the states of torch's generators."""
        return {
            "model": self.objective.state_dict(self.theta),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "time": self.time,
            "rng": torch.get_rng_state(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state that `state_dict` gave."""
        self.objective.load_state_dict(state["model"])
        with torch.no_grad():
            self.theta.copy_(self.objective.parameters())
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = self.objective.draws.step = state["step"]
        self.time = state.get("time", self.step * self.lr)
        torch.set_rng_state(state["rng"])
