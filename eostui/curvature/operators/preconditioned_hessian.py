"""The Hessian of the training loss as a preconditioned optimizer sees it."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from eostui.curvature.operators.derived import DerivedOperator
from eostui.curvature.operators.operator import CurvatureOperator


class PreconditionedHessianOperator(DerivedOperator):
    """P^(-1/2) (H + wI) P^(-1/2), (size, size), with H = ∇²L(θ), P diagonal and w a weight decay in the gradient.

    It is symmetric and has the eigenvalues of P⁻¹(H + wI), which the stability of θ ← θ − ηP⁻¹(∇L(θ) + wθ) depends
    on (Cohen et al. 2022). `preconditioner` is P as a vector (size,) of positive numbers; where it is infinite, rows
    and columns are zero. Products go through `hessian` and its graphs.

    Raises ValueError for a preconditioner of another size.
    """

    def __init__(self, hessian: CurvatureOperator[Any], preconditioner: Tensor, weight_decay: float = 0.0) -> None:
        if preconditioner.shape != (hessian.size,):
            raise ValueError(
                f"expected a preconditioner of shape ({hessian.size},), one entry for each parameter, "
                f"not {tuple(preconditioner.shape)}"
            )
        super().__init__(hessian)
        self._preconditioner = preconditioner
        self._weight_decay = weight_decay
        self.scale = preconditioner.detach().rsqrt()

    def __matmul__(self, v: Tensor) -> Tensor:
        scale = self.scale if v.ndim == 1 else self.scale[:, None]
        scaled = scale * v
        return scale * (self.operator @ scaled + self._weight_decay * scaled)

    def made_from(self, operator: CurvatureOperator[Any]) -> PreconditionedHessianOperator:
        return PreconditionedHessianOperator(operator, self._preconditioner, self._weight_decay)
