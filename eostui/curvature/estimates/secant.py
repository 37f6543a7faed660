"""The curvature of the loss along a step that was made, from the losses and gradients at its two ends."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from eostui.objective.objective import Gradient

LAST_DIGITS = 20
"""A loss is wrong by this many units of its last digit at most: it is a sum over examples."""
PIECE = 1 << 18
"""So many products are summed at once. In float32, a sum of millions of them would have rounding that is seen."""


class Secant(NamedTuple):
    """The curvature along a step s, from y, the change of the gradient g along it, and ΔL, that of the loss.

    secant: sᵀy/sᵀs. secant_norm: ‖y‖/‖s‖. step_curvature: 2(ΔL − gᵀs)/‖s‖². step_threshold: 2(−gᵀs)/‖s‖², above which
    the loss rises. The length of s is that in the metric of P, that of y the one in the metric of P⁻¹.
    """

    secant: float
    secant_norm: float
    step_curvature: float
    step_threshold: float


def secant(
    step: Tensor, before: Gradient, after: Gradient, metric: Tensor | None = None, weight_decay: float = 0.0
) -> Secant:
    """The curvature along `step`, (size,), between the loss and gradient `before` it and those `after` it.

    `metric` is the diagonal P of an adaptive optimizer, (size,): the secant is then a Rayleigh quotient of
    P^(-1/2) (H + wI) P^(-1/2), with the coupled `weight_decay` w and H averaged along the step.

    Everything is NaN for a step whose squares vanish. The step curvature is NaN where |gᵀs|, by which the loss would
    change, is lost in its last digits.
    """
    change = after.gradient - before.gradient
    if weight_decay:
        change.add_(step, alpha=weight_decay)
    scaled, turned = (step, change) if metric is None else (step * metric, change / metric)
    products = [_dot(step, scaled), _dot(change, turned), _dot(step, change), _dot(step, before.gradient)]
    # All of them are transferred at once, because every transfer waits for the device.
    square, turn, along, slope, start, end = torch.stack([*products, before.loss, after.loss]).tolist()
    if not square:
        return Secant(*[math.nan] * 4)
    known = abs(slope) > LAST_DIGITS * torch.finfo(before.loss.dtype).eps * abs(start)
    return Secant(
        secant=along / square,
        secant_norm=math.sqrt(turn / square),
        step_curvature=2 * (end - start - slope) / square if known else math.nan,
        step_threshold=-2 * slope / square,
    )


def _dot(a: Tensor, b: Tensor) -> Tensor:
    """aᵀb, 0-d, in a fraction of the time that `inner_products` takes for digits that are not needed here."""
    if a.numel() <= PIECE:
        return torch.dot(a, b)
    return torch.stack([torch.dot(*pieces) for pieces in zip(a.split(PIECE), b.split(PIECE), strict=True)]).sum()
