"""The Hessian of the training loss as a preconditioned optimizer sees it."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from eostui.curvature.operators.operator import CurvatureOperator


class PreconditionedHessianOperator:
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
        self.size = hessian.size
        self.dtype = hessian.dtype
        self.device = hessian.device
        self._preconditioner = preconditioner
        self.scale = preconditioner.detach().rsqrt()
        self._hessian = hessian
        self._weight_decay = weight_decay

    def __matmul__(self, v: Tensor) -> Tensor:
        """The product with v, (size,) or (size, b), in the same shape."""
        scale = self.scale if v.ndim == 1 else self.scale[:, None]
        scaled = scale * v
        return scale * (self._hessian @ scaled + self._weight_decay * scaled)

    @property
    def rough_kinds(self) -> tuple[str, ...]:
        """Those of the Hessian."""
        return self._hessian.rough_kinds

    @property
    def compilable(self) -> bool:
        """Whether the Hessian is."""
        return self._hessian.compilable

    def rough(self, kind: str) -> PreconditionedHessianOperator:
        """The same with rough products of the Hessian."""
        return PreconditionedHessianOperator(self._hessian.rough(kind), self._preconditioner, self._weight_decay)

    def coarser(self) -> PreconditionedHessianOperator | None:
        """The same with the coarser products of the Hessian, where there are any."""
        coarser = self._hessian.coarser()
        return (
            None
            if coarser is None
            else PreconditionedHessianOperator(coarser, self._preconditioner, self._weight_decay)
        )

    def close(self) -> None:
        """Free the graphs of the Hessian."""
        self._hessian.close()
