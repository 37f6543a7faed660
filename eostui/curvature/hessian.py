"""The Hessian of the training loss."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from eostui.curvature.objective import Batch, Evaluation, Objective, flatten
from eostui.curvature.operator import CurvatureOperator, vjp


class GradientGraph:
    """The graph of one physical batch's gradient, which gives products with the Hessian.

    evaluation: loss, accuracy and gradient, as `Objective.batch_gradient` has them.
    """

    def __init__(
        self, objective: Objective, parameters: list[Tensor], batch: Batch, *, advance_buffers: bool = False
    ) -> None:
        outputs = objective.outputs(parameters, batch, advance_buffers=advance_buffers)
        loss = objective.batch_loss(outputs, batch)
        self._parameters = parameters
        self._slopes = torch.autograd.grad(loss, parameters, create_graph=True, materialize_grads=True)
        gradient = flatten([slope.detach() for slope in self._slopes])
        self.evaluation = loss.detach(), objective.batch_accuracy(outputs, batch), gradient

    def __call__(self, v: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """H v."""
        return vjp(self._slopes, self._parameters, v)

    def curvature_gradient(self, v: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """∇(vᵀHv) for a fixed v."""
        images = vjp(self._slopes, self._parameters, v, create_graph=True)
        return vjp(images, self._parameters, v)


class HessianOperator(CurvatureOperator[GradientGraph]):
    """H = ∇²L(θ), (size, size).

    H v = ∇ (∇L(θ)ᵀ v) for a fixed v (Pearlmutter 1994): one backward pass through the graph of the gradient, so the
    gradient itself comes with it.
    """

    _advancing = False
    _evaluation: Evaluation | None = None

    def linearize(self, parameters: list[Tensor], batch: Batch) -> GradientGraph:
        return GradientGraph(self.objective, parameters, batch, advance_buffers=self._advancing)

    def gradient(self, *, advance_buffers: bool = False) -> Evaluation:
        """L(θ), the accuracy and ∇L(θ), as `Objective.gradient` has them, at the price of the graphs that are kept.

        Computed once. `advance_buffers` counts for the passes that are made now: a training step asks first of all.
        """

        def values(batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
            if batch.index in self._kept or self._has_room():
                return self._linearized(batch).evaluation
            return self.objective.batch_gradient(self.theta, batch, advance_buffers=advance_buffers)

        if self._evaluation is None:
            self._advancing = advance_buffers
            try:
                self._evaluation = Evaluation(*self.objective.mean(values))
            finally:
                self._advancing = False
        return self._evaluation

    def curvature_gradient(self, v: Tensor) -> Tensor:
        """∇(vᵀHv), (size,), for a fixed v (size,): with v a unit eigenvector, the gradient of its eigenvalue."""

        def products(batch: Batch) -> tuple[Tensor]:
            with sdpa_kernel(SDPBackend.MATH):
                return (flatten(self._linearized(batch).curvature_gradient(self.objective.split(v))),)

        return self.objective.mean(products)[0]
