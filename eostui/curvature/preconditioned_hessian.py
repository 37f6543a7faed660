"""The Hessian of the training loss as a preconditioned optimizer sees it."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from eostui.curvature.hessian import HessianOperator
from eostui.curvature.objective import Batch, Objective
from eostui.curvature.operator import Product


class PreconditionedHessianOperator(HessianOperator):
    """P^(-1/2) (H + wI) P^(-1/2), (size, size), with H = ∇²L(θ), P diagonal and w a weight decay in the gradient.

    It is symmetric and has the eigenvalues of P⁻¹(H + wI), which the stability of θ ← θ − ηP⁻¹(∇L(θ) + wθ) depends
    on (Cohen et al. 2022). `preconditioner` is P as a vector (size,) of positive numbers; where it is infinite, rows
    and columns are zero.

    Raises ValueError for a preconditioner of another size.
    """

    def __init__(self, objective: Objective, theta: Tensor, preconditioner: Tensor, weight_decay: float = 0.0) -> None:
        super().__init__(objective, theta)
        if preconditioner.shape != (self.size,):
            raise ValueError(
                f"expected a preconditioner of shape ({self.size},), one entry for each parameter, "
                f"not {tuple(preconditioner.shape)}"
            )
        self._scales = objective.split(preconditioner.detach().rsqrt())
        self._weight_decay = weight_decay

    def linearize(self, parameters: list[Tensor], batch: Batch) -> Product:
        hessian = super().linearize(parameters, batch)

        def product(v: Sequence[Tensor]) -> tuple[Tensor, ...]:
            scaled = [scale * piece for scale, piece in zip(self._scales, v, strict=True)]
            images = zip(self._scales, hessian(scaled), scaled, strict=True)
            return tuple(scale * (image + self._weight_decay * piece) for scale, image, piece in images)

        return product
