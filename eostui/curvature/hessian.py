"""The Hessian of the training loss."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from eostui.curvature.objective import Batch
from eostui.curvature.operator import CurvatureOperator, Product, vjp


class HessianOperator(CurvatureOperator):
    """H = ∇²L(θ), (size, size).

    H v = ∇ (∇L(θ)ᵀ v) for a fixed v (Pearlmutter 1994): one backward pass through the graph of the gradient.
    """

    def linearize(self, parameters: list[Tensor], batch: Batch) -> Product:
        loss = self.objective.batch_loss(self.objective.outputs(parameters, batch), batch)
        slopes = torch.autograd.grad(loss, parameters, create_graph=True, materialize_grads=True)

        def product(v: Sequence[Tensor]) -> tuple[Tensor, ...]:
            return vjp(slopes, parameters, v)

        return product
