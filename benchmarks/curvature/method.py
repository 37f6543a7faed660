"""What every way to measure the top eigenvalues is asked, and what it answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from cases import Case
from numpy.typing import NDArray
from torch import Tensor

from eostui.curvature.operators.hessian import HessianOperator
from eostui.objective.objective import Objective

Array = NDArray[np.float64]

TOLERANCE = 1e-3
"""The error, relative to λ₁, that every method is to reach."""


FEW = 10
"""At how many points, the first ones, several eigenvalues are asked for: that takes long."""


@dataclass(frozen=True)
class Reference:
    """The largest eigenvalues from the largest down, (q,), and their eigenvectors (size, q): the truth."""

    values: Array
    vectors: NDArray[np.float32]


@dataclass(frozen=True)
class Point:
    """Weights θ at which to measure, and their step. previous: the truth at the point before, if there was one."""

    index: int
    step: int
    objective: Objective
    theta: Tensor
    previous: Reference | None = None


@dataclass(frozen=True)
class Answer:
    """The k largest eigenvalues, from the largest down; how many products; the errors claimed, if any are."""

    values: Array
    products: int
    claimed: Array | None = None


class Method(ABC):
    """One way to find the k largest eigenvalues of the Hessian; only `solve` is timed."""

    def __init__(self, k: int) -> None:
        self.k = k

    def sees(self, index: int, case: Case) -> bool:
        """Whether it measures at the point with this index: one in every `peer_every`, after there was one before."""
        first = min(4, case.peer_every - 1, case.points - 1)
        return index % case.peer_every == first and (self.k == 1 or index < FEW)

    def prepare(self, point: Point) -> None:  # noqa: B027, not everyone has to
        """What happens outside the measurement: weights put where the method looks for them."""

    def tune(  # noqa: B027, not everyone has to
        self, point: Point, hessian: HessianOperator, reference: Reference
    ) -> None:
        """Choose, with the truth in sight, the cheapest setting that is accurate at this point."""

    def watch(  # noqa: B027, not everyone has to
        self, point: Point, hessian: HessianOperator, reference: Reference
    ) -> None:
        """Learn from a point, be it one to measure at or not."""

    @abstractmethod
    def solve(self, point: Point) -> Answer:
        """Measure."""


def error(values: Array, reference: Reference) -> float:
    """The largest error of the values, relative to λ₁."""
    exact = reference.values[: len(values)]
    return float(np.abs(values - exact).max() / abs(exact[0]))
