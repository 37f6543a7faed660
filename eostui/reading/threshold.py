"""Which eigenvalues the stability threshold of a run is for: asked here by everything that compares the two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

Matrix = Literal["hessian", "preconditioned"]
"""The table of the eigenvalues of the loss Hessian H, or of P⁻¹H, P the preconditioner of an adaptive optimizer."""

MATRICES: tuple[Matrix, ...] = ("preconditioned", "hessian")
"""Both of them, the one first that a run has for its threshold alone."""

CURVATURES: Mapping[str, str] = {
    "hessian": "sharpness",
    "preconditioned": "preconditioned sharpness",
    "gauss_newton": "top eigenvalue of Gauss–Newton",
    "jacobian_gram": "top eigenvalue of the Jacobian Gram matrix",
}
"""What the first eigenvalue of a table is called."""


@dataclass(frozen=True)
class Threshold:
    """The stability threshold of a run, apart from its values, which the table `train` has.

    table: the table whose first eigenvalue it is for. formula: how it comes about, such as 2/η. reference: it is the
    threshold of the same optimizer on all examples, where the run trains on minibatches: a line to compare with, and no
    more.
    """

    table: Matrix
    formula: str
    reference: bool = False

    @classmethod
    def of(cls, config: Mapping[str, Any], environment: Mapping[str, Any]) -> Self:
        """The threshold of a run with this config and this environment.

        Old files do not say which table it is for; it was the Hessian's.
        """
        return cls(
            "preconditioned" if environment.get("threshold_on") == "preconditioned" else "hessian",
            str(environment.get("threshold", "threshold")),
            config.get("batch_size") is not None,
        )

    @property
    def exists(self) -> bool:
        """Whether the optimizer has a stability threshold at all."""
        return not self.formula.endswith("n/a")

    @property
    def sharpness(self) -> str:
        """What is compared with it, in words."""
        return CURVATURES[self.table]

    @property
    def symbol(self) -> str:
        """The same as a formula has it."""
        return "λ₁" if self.table == "hessian" else "λ₁ of P⁻¹H"

    def is_for(self, matrix: str) -> bool:
        """Whether it can stand beside eigenvalues of a matrix: those of P⁻¹H are on another scale than all others."""
        return self.exists and bool(matrix) and (matrix == "preconditioned") == (self.table == "preconditioned")
