"""The Gauss–Newton matrix of the training loss."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from contextlib import nullcontext

import torch
from torch import Tensor

from eostui.curvature.inner_products import norm
from eostui.curvature.operators.operator import GRAPH_BYTES, CurvatureOperator, Product, vjp
from eostui.objective.objective import Batch, Objective
from eostui.objective.slopes import slopes_of
from eostui.objective.weights import flatten


class GaussNewtonOperator(CurvatureOperator[Product]):
    """G = (1/n) Σᵢ Jᵢᵀ (∇²_z ℓᵢ) Jᵢ, (size, size), with Jᵢ = ∂zᵢ/∂θ the Jacobian of the outputs z = f(x; θ).

    It is the Hessian with the network replaced by its linearisation at θ (Schraudolph 2002). The outputs zᵢ must be
    one tensor of any shape, a sequence's (T, k) among them; the loss may be any twice differentiable function of it.
    In a product G v

        J v        is ∂(Jᵀu)/∂u applied to v, with any u: two backward passes give the forward one,
        ∇²_zℓ w    is the derivative of ∇_zℓᵀ w,
        Jᵀ w       is one backward pass through the network.

    With `differences` J v is [f(θ + hv) − f(θ − hv)]/2h, for networks whose backward pass cannot be differentiated; h
    and `double` as for `DifferenceHessianOperator`.

    Raises TypeError where the model computes its own loss, whose outputs nobody knows, and at the first product where
    it returns anything but a tensor.
    """

    step = 1.0

    def __init__(
        self,
        objective: Objective,
        theta: Tensor,
        *,
        graph_bytes: int = GRAPH_BYTES,
        differences: bool = False,
        double: bool = False,
    ) -> None:
        if objective.loss is None:
            raise TypeError(
                f"the Gauss–Newton matrix needs the outputs of the model, but {type(objective.model).__name__} "
                "computes its own loss: measure the Hessian, or give the loss as a function of the outputs"
            )
        super().__init__(objective, theta, graph_bytes=graph_bytes)
        self._differences = differences
        self._double = double and self.dtype != torch.float64

    @property
    def rough_kinds(self) -> tuple[str, ...]:
        return () if self._differences else super().rough_kinds

    def coarser(self) -> GaussNewtonOperator | None:
        """The same with twice the step of the differences; None where there are none."""
        if not self._differences:
            return None
        other = copy.copy(self)
        other.step = 2 * self.step
        other._kept = {}
        return other

    def linearize(self, batch: Batch) -> Product:
        parameters = self.objective.weights.parameters
        with self.objective.drawing(batch):
            outputs = self._outputs(batch)
            curvature = self.loss_curvature(outputs.detach(), batch)
        if self._differences:
            return lambda v: self._pulled_back(curvature(self._difference_of_outputs(v, batch)), batch)
        u = torch.zeros_like(outputs, requires_grad=True)
        pulled_back = vjp([outputs], parameters, [u], create_graph=True)

        def product(v: Sequence[Tensor]) -> tuple[Tensor, ...]:
            (pushed_forward,) = vjp(pulled_back, [u], v)  # J v
            return vjp([outputs], parameters, [curvature(pushed_forward)])

        return product

    def _outputs(self, batch: Batch) -> Tensor:
        outputs = self.objective.outputs(batch)
        if not isinstance(outputs, Tensor):
            raise TypeError(
                f"the Gauss–Newton matrix needs a model that returns one tensor, not a {type(outputs).__name__}"
            )
        return outputs

    def _pulled_back(self, w: Tensor, batch: Batch) -> tuple[Tensor, ...]:
        """Jᵀ w by a pass of its own: an older graph loses its way to the weights when a pass changes their dtype."""
        with torch.enable_grad(), self.objective.passing(), self.objective.drawing(batch):
            outputs = self._outputs(batch)
        return vjp([outputs], self.objective.weights.parameters, [w])

    def _difference_of_outputs(self, v: Sequence[Tensor], batch: Batch) -> Tensor:
        """J v of one physical batch, in the shape of its outputs."""
        with self.objective.in_double() if self._double else nullcontext(self.objective) as objective:
            batch_here = next(one for one in objective.physical_batches() if one.index == batch.index)
            theta, direction = self.theta.to(objective.dtype), flatten(v).to(objective.dtype)
            limits = torch.finfo(theta.dtype)
            length = norm(direction).to(theta.dtype)
            # h = step·ε^⅓·‖θ‖, and J v = [f(θ + hv/‖v‖) − f(θ − hv/‖v‖)]·‖v‖/2h
            h = self.step * limits.eps ** (1 / 3) * norm(theta).to(theta.dtype)
            move = direction * (h / length.clamp(min=limits.tiny))
            outputs = []
            for sign in (1, -1):
                objective.weights.write(theta + sign * move)
                with objective.without_graph(), objective.passing(), objective.drawing(batch_here):
                    outputs.append(objective.outputs(batch_here).detach())
        self.objective.weights.write(self.theta)
        difference: Tensor = (outputs[0] - outputs[1]) * (length / (2 * h))
        return difference.to(self.dtype)

    def loss_curvature(self, z: Tensor, batch: Batch) -> Callable[[Tensor], Tensor]:
        """The product with the second derivative of the batch's mean loss by its outputs z, in their shape."""
        z.requires_grad_()
        loss = self.objective.batch_loss(z.clone(), batch)  # a copy, for a loss that changes it in place
        (slope,) = slopes_of([loss], [z], create_graph=True)
        return lambda w: vjp([slope], [z], [w])[0]
