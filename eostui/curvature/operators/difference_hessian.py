"""The Hessian of the training loss by differences of gradients."""

from __future__ import annotations

import copy
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from eostui.curvature.inner_products import norm
from eostui.curvature.operators.hessian import HessianOperator
from eostui.curvature.operators.operator import GRAPH_BYTES
from eostui.curvature.operators.second_difference import second_difference
from eostui.objective.objective import Gradient, Objective


class DifferenceHessianOperator(HessianOperator):
    """H v ≈ [∇L(θ + hv) − ∇L(θ − hv)]/2h for a unit v: needs first derivatives only.

    It is for networks whose second derivative torch lacks or has wrong. h = step·ε^⅓·‖θ‖, with ε the dtype's rounding:
    the errors by truncation, about h², and by rounding, about ε/h, are then of one size for a loss that varies on the
    scale of its weights. How large they are is seen by comparison with `coarser`, the same differences with twice the
    step.

    With `double` the gradients are computed in float64, whatever the dtype of vectors and weights. The step is then
    small enough for a network with kinks: its two points seldom lie on different sides of one.
    """

    step = 1.0

    def __init__(
        self, objective: Objective, theta: Tensor, *, graph_bytes: int = GRAPH_BYTES, double: bool = False
    ) -> None:
        super().__init__(objective, theta, graph_bytes=graph_bytes)
        self._double = double and self.dtype != torch.float64

    @property
    def rough_kinds(self) -> tuple[str, ...]:
        return ()

    @property
    def compilable(self) -> bool:
        return False

    def coarser(self) -> DifferenceHessianOperator:
        """The same with twice the step, whose products are at least as wrong as these."""
        other = copy.copy(self)
        other.step = 2 * self.step
        return other

    def gradient(self, *, advance_buffers: bool = False) -> Gradient:
        if self._evaluation is None:
            self._evaluation = self.objective.gradient(self.theta, advance_buffers=advance_buffers)
        return self._evaluation

    def __matmul__(self, v: Tensor) -> Tensor:
        columns = v.reshape(self.size, -1).T
        with self._precise() as objective:
            images = _differences(objective, self.theta.to(objective.dtype), columns.to(objective.dtype), self.step)
        images = images.to(v.dtype)
        return images[0] if v.ndim == 1 else images.T

    def curvature_gradient(self, v: Tensor) -> Tensor:
        with self._precise() as objective:
            found = second_difference(objective, self.theta.to(objective.dtype), v.to(objective.dtype))
        return found.to(v.dtype)

    def _precise(self) -> AbstractContextManager[Objective]:
        return self.objective.in_double() if self._double else nullcontext(self.objective)


def _differences(objective: Objective, theta: Tensor, columns: Tensor, step: float) -> Tensor:
    """H v for the rows v of (b, size)."""
    limits = torch.finfo(theta.dtype)
    h = step * limits.eps ** (1 / 3) * norm(theta).to(theta.dtype)
    # H v = [∇L(θ + hv/‖v‖) − ∇L(θ − hv/‖v‖)]·‖v‖/2h
    images = torch.empty_like(columns, memory_format=torch.contiguous_format)
    for image, column, length in zip(images, columns, norm(columns).to(theta.dtype), strict=True):
        move = column * (h / length.clamp(min=limits.tiny))
        above, below = (objective.gradient(theta + sign * move).gradient for sign in (1, -1))
        torch.mul(above - below, length / (2 * h), out=image)
    return images
