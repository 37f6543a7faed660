"""The graph of a gradient, which gives products with the Hessian."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from eostui.curvature.operators.operator import vjp
from eostui.objective.objective import Batch, Objective
from eostui.objective.slopes import slopes_of
from eostui.objective.weights import flatten


class GradientGraph:
    """The graph of one physical batch's gradient, which gives products with the Hessian."""

    def __init__(self, objective: Objective, batch: Batch) -> None:
        outputs, loss = objective.forward(batch)
        self._parameters: list[Tensor] = [*objective.weights.parameters]
        self._slopes = slopes_of([loss], self._parameters, create_graph=True)
        self._loss = loss.detach()
        self._accuracy = objective.batch_accuracy(outputs, batch)

    def evaluation(self) -> tuple[Tensor, Tensor, Tensor]:
        """Loss, accuracy and gradient, as `Objective.batch_gradient` has them."""
        return self._loss, self._accuracy, flatten([slope.detach() for slope in self._slopes])

    def __call__(self, v: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """H v."""
        return vjp(self._slopes, self._parameters, v)

    def curvature_gradient(self, v: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """∇(vᵀHv) for a fixed v."""
        images = vjp(self._slopes, self._parameters, v, create_graph=True)
        return vjp(images, self._parameters, v)
