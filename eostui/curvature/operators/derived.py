"""Matrices that are made from another curvature matrix, by way of its products."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

from torch import Tensor

from eostui.curvature.operators.operator import CurvatureOperator


class DerivedOperator(ABC):
    """A symmetric matrix (size, size) made from `operator`, whose products and graphs it uses.

    What it offers beside exact products is what `operator` offers.
    """

    def __init__(self, operator: CurvatureOperator[Any]) -> None:
        self.operator = operator
        self.size = operator.size
        self.dtype = operator.dtype
        self.device = operator.device

    @abstractmethod
    def __matmul__(self, v: Tensor) -> Tensor:
        """The product with v, (size,) or (size, b), in the same shape."""

    @abstractmethod
    def made_from(self, operator: CurvatureOperator[Any]) -> Self:
        """What this is, made from another operator."""

    @property
    def rough_kinds(self) -> tuple[str, ...]:
        """`CurvatureOperator.rough_kinds`."""
        return self.operator.rough_kinds

    @property
    def compilable(self) -> bool:
        """`CurvatureOperator.compilable`."""
        return self.operator.compilable

    def rough(self, kind: str) -> Self:
        """The same matrix by rough products."""
        return self.made_from(self.operator.rough(kind))

    def coarser(self) -> Self | None:
        """The same matrix by products that are more wrong than these; None where these are wrong by rounding only."""
        coarser = self.operator.coarser()
        return None if coarser is None else self.made_from(coarser)

    def close(self) -> None:
        """Free the graphs."""
        self.operator.close()
