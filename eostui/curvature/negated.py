"""A symmetric matrix with its sign turned: its largest eigenvalues are the lowest of the matrix."""

from __future__ import annotations

from torch import Tensor

from eostui.curvature.hessian import HessianOperator


class Negated:
    """−H, (size, size), for a Hessian H."""

    def __init__(self, operator: HessianOperator) -> None:
        self.size = operator.size
        self.dtype = operator.dtype
        self.device = operator.device
        self._operator = operator

    def __matmul__(self, v: Tensor) -> Tensor:
        return -(self._operator @ v)

    def rough(self) -> Negated:
        """The same with rough products, as `CurvatureOperator.rough` has them."""
        return Negated(self._operator.rough())

    def close(self) -> None:
        """Free the graphs."""
        self._operator.close()
