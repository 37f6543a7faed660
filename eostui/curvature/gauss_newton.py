"""The Gauss–Newton matrix of the training loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from eostui.curvature.operator import GRAPH_BYTES, CurvatureOperator, Product, vjp
from eostui.objective.objective import Batch, Objective


class GaussNewtonOperator(CurvatureOperator[Product]):
    """G = (1/n) Σᵢ Jᵢᵀ (∇²_z ℓᵢ) Jᵢ, (size, size), with Jᵢ = ∂zᵢ/∂θ the Jacobian of the outputs z = f(x; θ).

    It is the Hessian with the network replaced by its linearisation at θ (Schraudolph 2002). The outputs zᵢ must be
    one tensor of any shape, a sequence's (T, k) among them; the loss may be any twice differentiable function of it.
    In a product G v

        J v        is ∂(Jᵀu)/∂u applied to v, with any u: two backward passes give the forward one,
        ∇²_zℓ w    is the derivative of ∇_zℓᵀ w,
        Jᵀ w       is one backward pass through the network.

    Raises TypeError where the model computes its own loss, whose outputs nobody knows, and at the first product where
    it returns anything but a tensor.
    """

    def __init__(self, objective: Objective, theta: Tensor, *, graph_bytes: int = GRAPH_BYTES) -> None:
        if objective.loss is None:
            raise TypeError(
                f"the Gauss–Newton matrix needs the outputs of the model, but {type(objective.model).__name__} "
                "computes its own loss: measure the Hessian, or give the loss as a function of the outputs"
            )
        super().__init__(objective, theta, graph_bytes=graph_bytes)

    def linearize(self, batch: Batch) -> Product:
        parameters = self.objective.weights.parameters
        with self.objective.drawing(batch):
            outputs = self.objective.outputs(batch)
            if not isinstance(outputs, Tensor):
                raise TypeError(
                    f"the Gauss–Newton matrix needs a model that returns one tensor, not a {type(outputs).__name__}"
                )
            curvature = self.loss_curvature(outputs.detach(), batch)
        u = torch.zeros_like(outputs, requires_grad=True)
        pulled_back = vjp([outputs], parameters, [u], create_graph=True)

        def product(v: Sequence[Tensor]) -> tuple[Tensor, ...]:
            (pushed_forward,) = vjp(pulled_back, [u], v)
            return vjp([outputs], parameters, [curvature(pushed_forward)])

        return product

    def loss_curvature(self, z: Tensor, batch: Batch) -> Callable[[Tensor], Tensor]:
        """The product with the second derivative of the batch's mean loss by its outputs z, in their shape."""
        z.requires_grad_()
        loss = self.objective.batch_loss(z, batch)
        (slope,) = torch.autograd.grad(loss, z, create_graph=True, materialize_grads=True)
        return lambda w: vjp([slope], [z], [w])[0]
