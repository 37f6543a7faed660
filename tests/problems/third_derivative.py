"""How right a layer's third derivatives are."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def error_of_third_derivative(layer: nn.Module, x: Tensor) -> float:
    """Of s(x) = ½‖layer(x)‖² + c·layer(x): the relative error of ∇ₓ(vᵀ∇²s v) by autograd against a central difference
    of ∇²s v, for random c and v. About 1e-9 in float64 where all is well.
    """
    v, c = torch.randn_like(x), torch.randn_like(layer(x))

    def scalar(at: Tensor) -> Tensor:
        y: Tensor = layer(at)
        return 0.5 * y.square().sum() + (c * y).sum()

    def curvature(at: Tensor, *, graph: bool = False) -> tuple[Tensor, Tensor]:
        """A leaf at `at`, and ∇²s v there."""
        at = at.detach().clone().requires_grad_()
        (slope,) = torch.autograd.grad(scalar(at), at, create_graph=True)
        (product,) = torch.autograd.grad(slope, at, v, create_graph=graph)
        return at, product

    at, product = curvature(x, graph=True)
    (third,) = torch.autograd.grad(product, at, v)
    h = 1e-5
    difference = (curvature(x + h * v)[1] - curvature(x - h * v)[1]) / (2 * h)
    return float((third - difference).norm() / difference.norm())
