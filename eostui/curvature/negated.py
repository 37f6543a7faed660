"""A symmetric matrix with its sign turned: its largest eigenvalues are the lowest of the matrix."""

from __future__ import annotations

from torch import Tensor

from eostui.curvature.ritz import LinearOperator


class Negated:
    """−A, (size, size), for an operator A."""

    def __init__(self, operator: LinearOperator) -> None:
        self.size = operator.size
        self.dtype = operator.dtype
        self.device = operator.device
        self._operator = operator

    def __matmul__(self, v: Tensor) -> Tensor:
        return -(self._operator @ v)
