"""The gradient of a curvature by differences of gradients."""

from __future__ import annotations

import torch
from torch import Tensor

from eostui.objective.objective import Objective


def second_difference(objective: Objective, theta: Tensor, u: Tensor, step: float = 1.0) -> Tensor:
    """∇(uᵀHu), (size,), for a fixed unit u (size,): [∇L(θ + hu) + ∇L(θ − hu) − 2∇L(θ)]/h².

    h = step·ε^¼, with ε the dtype's rounding: 1e-4 in float64, 0.02 in float32.
    """
    h = step * torch.finfo(objective.dtype).eps ** 0.25

    def gradient(move: float) -> Tensor:
        return objective.gradient(theta + move * u).gradient

    difference: Tensor = (gradient(h) + gradient(-h) - 2 * gradient(0.0)) / h**2
    return difference
