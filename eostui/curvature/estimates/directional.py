"""The curvature of the loss along its gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from eostui.curvature.inner_products import norm
from eostui.curvature.operators.hessian import HessianOperator

POINTS = 8
"""The effective smoothness is the largest of this many, at even steps along the gradient."""


def directional_curvature(hessian: HessianOperator) -> Tensor:
    """gᵀHg/gᵀg, 0-d, with g the gradient and H the Hessian of one loss at one θ; NaN where g is zero."""
    gradient = hessian.gradient().gradient
    # Made a unit vector first: the square of a small gradient would underflow.
    direction = gradient / norm(gradient)
    curvature: Tensor = direction @ (hessian @ direction)
    return curvature


def largest_smoothness(hessian: HessianOperator, lr: float) -> Tensor:
    """max over α of ‖∇L(θ) − ∇L(θ − αg)‖/(α‖g‖), 0-d, with g = ∇L(θ) and α on an even grid of POINTS in (0, η].

    It is the smoothness of L that a step of gradient descent meets. For α → 0 it is ‖Hg‖/‖g‖; on an orbit of period 2
    the term of α = η is exactly 2/η, which the maximum therefore does not fall below. NaN where g is zero.

    It is measured along the gradient, whatever optimizer makes the steps: with momentum or a preconditioner θ − ηg is
    not the next iterate. A batch norm in training mode is no obstacle: L is the loss of the same ghost batches at each
    of the points, and none of them lies beyond a step of η.
    """
    objective, theta, gradient = hessian.objective, hessian.theta, hessian.gradient().gradient
    length = norm(gradient)

    def smoothness(alpha: float) -> Tensor:
        further = objective.gradient(theta - alpha * gradient).gradient
        quotient: Tensor = norm(gradient - further) / (alpha * length)
        return quotient

    return torch.stack([smoothness(lr * part / POINTS) for part in range(1, POINTS + 1)]).max()
