"""The Gauss–Newton matrix of the training loss."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from eostui.curvature.objective import Batch
from eostui.curvature.operator import CurvatureOperator, Product, vjp


class GaussNewtonOperator(CurvatureOperator):
    """G = (1/n) Σᵢ Jᵢᵀ (∇²_z ℓᵢ) Jᵢ, (size, size), with Jᵢ = ∂zᵢ/∂θ the Jacobian of the outputs z = f(x; θ).

    It is the Hessian with the network replaced by its linearisation at θ (Schraudolph 2002). The outputs must be
    one tensor; the loss may be any twice differentiable function of it. In a product G v

        J v        is ∂(Jᵀu)/∂u applied to v, with any u: two backward passes give the forward one,
        ∇²_zℓ w    is the derivative of ∇_zℓᵀ w,
        Jᵀ w       is one backward pass through the network.

    Raises TypeError at the first product where the model returns anything but a tensor.
    """

    def linearize(self, parameters: list[Tensor], batch: Batch) -> Product:
        outputs = self.objective.outputs(parameters, batch)
        if not isinstance(outputs, Tensor):
            raise TypeError(
                f"the Gauss–Newton matrix needs a model that returns one tensor, not a {type(outputs).__name__}"
            )
        z = outputs.detach().requires_grad_()
        loss = self.objective.batch_loss(z, batch)
        (slope,) = torch.autograd.grad(loss, z, create_graph=True, materialize_grads=True)
        u = torch.zeros_like(outputs, requires_grad=True)
        pulled_back = vjp([outputs], parameters, [u], create_graph=True)

        def product(v: Sequence[Tensor]) -> tuple[Tensor, ...]:
            pushed_forward = vjp(pulled_back, [u], v)
            curved = vjp([slope], [z], pushed_forward)
            return vjp([outputs], parameters, curved)

        return product
