"""The Hessian of the training loss by differences of gradients."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from eostui.curvature.hessian import HessianOperator
from eostui.curvature.inner_products import norm
from eostui.curvature.second_difference import second_difference
from eostui.objective.objective import Evaluation


class DifferenceHessianOperator(HessianOperator):
    """H v ≈ [∇L(θ + hv) − ∇L(θ − hv)]/2h for a unit v: needs first derivatives only.

    For networks whose second derivative torch has not, or has wrong. h = step·ε^⅓·‖θ‖, ε the dtype's rounding: there
    truncation, about h², and rounding, about ε/h, are of one size for a loss that varies on the scale of its weights.
    What they are is seen by comparison with `coarser`, the same differences with twice the step.
    """

    step = 1.0

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

    def gradient(self, *, advance_buffers: bool = False) -> Evaluation:
        if self._evaluation is None:
            self._evaluation = self.objective.gradient(self.theta, advance_buffers=advance_buffers)
        return self._evaluation

    def __matmul__(self, v: Tensor) -> Tensor:
        h = self.step * torch.finfo(self.dtype).eps ** (1 / 3) * norm(self.theta).to(self.dtype)
        columns = v.reshape(self.size, -1).T
        lengths = norm(columns).to(self.dtype)
        images = torch.empty_like(columns, memory_format=torch.contiguous_format)
        for image, column, length in zip(images, columns, lengths, strict=True):
            move = column * (h / length.clamp(min=torch.finfo(self.dtype).tiny))
            above, below = self._slope(self.theta + move), self._slope(self.theta - move)
            torch.mul(above - below, length / (2 * h), out=image)
        return images[0] if v.ndim == 1 else images.T

    def curvature_gradient(self, v: Tensor) -> Tensor:
        return second_difference(self.objective, self.theta, v)

    def _slope(self, theta: Tensor) -> Tensor:
        gradient = self.objective.gradient(theta).gradient
        assert gradient is not None  # it was asked for
        return gradient
