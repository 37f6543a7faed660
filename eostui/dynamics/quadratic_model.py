"""The local quadratic model: the run's own optimizer on the Taylor model of the loss at one of its points.

    m(θ) = L(θ₀) + gᵀd + ½dᵀHd,     d = θ − θ₀,  g = ∇L(θ₀),  H = ∇²L(θ₀)

It follows the loss before the edge of stability, and explodes beyond it (Cohen et al. 2021).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from eostui.curvature.inner_products import inner_products, norm
from eostui.dynamics.optimizers import set_step_size
from eostui.dynamics.without_compiler import update
from eostui.objective.objective import Gradient

Product = Callable[[Tensor], Tensor]
"""v -> Hv, both (size,)."""


class QuadraticModel:
    """Weights that begin at θ₀ and are updated by an optimizer that is given g + Hd.

    optimizer: one of its own, in the state of the run's at θ₀, such as `copy_of` makes. Its only parameter is θ,
    (size,). origin: L and ∇L at θ₀, of all examples. hessian_at: for θ₀, the products with H there, over the same
    examples. step: the number of updates that have led to θ₀.
    """

    def __init__(
        self, optimizer: torch.optim.Optimizer, origin: Gradient, hessian_at: Callable[[Tensor], Product], step: int = 0
    ) -> None:
        self.optimizer = optimizer
        self.theta: Tensor = optimizer.param_groups[0]["params"][0]
        self.begun = self.step = step
        self._hessian_at = hessian_at
        self._begin(self.theta.clone(), origin.loss, origin.gradient)
        self._slope: Tensor | None = None

    def _begin(self, start: Tensor, loss: Tensor, gradient: Tensor) -> None:
        self._start, self._loss, self._gradient = start, loss, gradient
        self._product = self._hessian_at(start)

    def evaluate(self) -> Tensor:
        """m at the present weights, 0-d, for one product. `advance` uses the gradient that comes with it."""
        moved = self.theta - self._start
        bent = self._product(moved)
        self._slope = self._gradient + bent
        return self._loss + inner_products(moved[None], (self._gradient + bent / 2)[None]).squeeze()

    def advance(self, lr: float) -> None:
        """Update the weights with the step size η = `lr`. Raises RuntimeError where `evaluate` was not called."""
        if self._slope is None:
            raise RuntimeError(f"update {self.step} of the quadratic model has no gradient: call evaluate first")
        self.theta.grad, self._slope = self._slope, None
        set_step_size(self.optimizer, lr)
        update(self.optimizer)
        self.step += 1

    def distance(self, theta: Tensor) -> Tensor:
        """‖θ − the model's weights‖, 0-d, of any other θ, (size,)."""
        return norm(theta - self.theta)

    def state_dict(self) -> dict[str, Any]:
        """All that the following steps depend on, as `torch.load(weights_only=True)` reads it."""
        return {
            "theta": self.theta.clone(),
            "optimizer": copy.deepcopy(self.optimizer.state_dict()),
            "start": self._start,
            "loss": self._loss,
            "gradient": self._gradient,
            "begun": self.begun,
            "step": self.step,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state that `state_dict` gave, of a model with an optimizer of the same class."""
        with torch.no_grad():
            self.theta.copy_(state["theta"])
        self.optimizer.load_state_dict(state["optimizer"])
        self._begin(state["start"], state["loss"], state["gradient"])
        self.begun, self.step, self._slope = state["begun"], state["step"], None


def copy_of(optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
    """An optimizer in the same state, with copies of its weights and moments."""
    copied = copy.deepcopy(optimizer)
    for group in copied.param_groups:
        for weights in group["params"]:
            weights.grad = None
    return copied
