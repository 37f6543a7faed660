"""A symmetric matrix with its sign turned: its largest eigenvalues are the lowest of the matrix."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from eostui.curvature.operators.derived import DerivedOperator
from eostui.curvature.operators.operator import CurvatureOperator


class Negated(DerivedOperator):
    """−A, (size, size), for a curvature matrix A."""

    def __matmul__(self, v: Tensor) -> Tensor:
        return -(self.operator @ v)

    def made_from(self, operator: CurvatureOperator[Any]) -> Negated:
        return Negated(operator)
