"""A symmetric matrix with its sign turned: its largest eigenvalues are the lowest of the matrix."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from eostui.curvature.operators.operator import CurvatureOperator


class Negated:
    """−H, (size, size), for a Hessian H."""

    def __init__(self, operator: CurvatureOperator[Any]) -> None:
        self.size = operator.size
        self.dtype = operator.dtype
        self.device = operator.device
        self._operator = operator

    def __matmul__(self, v: Tensor) -> Tensor:
        return -(self._operator @ v)

    @property
    def rough_kinds(self) -> tuple[str, ...]:
        """Those of the Hessian."""
        return self._operator.rough_kinds

    @property
    def compilable(self) -> bool:
        """Whether the Hessian is."""
        return self._operator.compilable

    def rough(self, kind: str) -> Negated:
        """The same with rough products."""
        return Negated(self._operator.rough(kind))

    def coarser(self) -> Negated | None:
        """The same with the coarser products of the Hessian, where there are any."""
        coarser = self._operator.coarser()
        return None if coarser is None else Negated(coarser)

    def close(self) -> None:
        """Free the graphs."""
        self._operator.close()
