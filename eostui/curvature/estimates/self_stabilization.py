"""How gradient descent at the edge of stability turns its oscillation into less curvature."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from eostui.curvature.inner_products import norm
from eostui.curvature.operators.hessian import HessianOperator


@dataclass(frozen=True)
class Stabilization:
    """What Damian, Nichani & Lee (2022) predict the cycle at the edge of stability from.

    With the sharpness S = uᵀHu, u held fixed, and ∇S⊥ = (I − uuᵀ)∇S:

    alpha: α = −∇L·∇S⊥, the progressive sharpening in a unit of time η·step. beta: β = ‖∇S⊥‖², the sharpness that half
    a squared displacement along u takes away in it. delta: δ = √(2α/β), the displacement at which the two are in
    balance. period: 2π/(η√(2α)), in steps. gradient_norm: ‖∇S‖. δ and the period are NaN where α < 0: nothing sharpens,
    and there is no cycle.
    """

    alpha: float
    beta: float
    delta: float
    period: float
    gradient_norm: float


def stabilization(hessian: HessianOperator, u: Tensor, lr: float) -> Stabilization:
    """At the θ of `hessian`, with its top eigenvector u (size,) of unit length and the step size η = `lr`.

    The theory is that of gradient descent: u is an eigenvector of H, whatever the optimizer. ∇L and H are those of the
    examples of `hessian`. All is NaN where the derivatives are not finite. It costs about three products.
    """
    gradient = hessian.gradient().gradient
    slope = hessian.curvature_gradient(u)
    across = slope - (u @ slope) * u  # ∇S⊥ = (I − uuᵀ)∇S
    measured = [-(gradient @ across), norm(across), norm(slope)]  # α, √β and ‖∇S‖
    alpha, length, gradient_norm = torch.stack(measured).tolist()
    delta = period = math.nan
    if alpha >= 0:
        # δ = √(2α/β)
        delta = math.sqrt(2 * alpha) / length if length else math.nan
        # 2π/(η√(2α))
        period = 2 * math.pi / (lr * math.sqrt(2 * alpha)) if alpha else math.inf
    return Stabilization(alpha, length**2, delta, period, gradient_norm)
