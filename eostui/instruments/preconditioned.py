"""The largest eigenvalues of the Hessian as an adaptive optimizer sees it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from eostui.dynamics.formulas import Matrix
from eostui.instruments.base.eigenvalues import FLOW_LINES, Eigenvalues
from eostui.instruments.base.scope import Scope
from eostui.store import Line, LineChart, Table, eigenvalue_table

if TYPE_CHECKING:
    from eostui.curvature.linear_operator import HasRoughProducts
    from eostui.instruments.base.point import Point


class Preconditioned(Eigenvalues):
    """The eigenvalues of P⁻¹H (Cohen et al. 2022); NaN before the first update, which makes the first P.

    The next measurement starts from the eigenvectors of P^(-1/2) H P^(-1/2).
    """

    name = "preconditioned"
    summary = "the largest eigenvalues of P⁻¹H, P the preconditioner of an adaptive optimizer"
    when = "with an adaptive optimizer"
    label = "preconditioned Hessian"

    @classmethod
    def unasked(cls, scope: Scope) -> bool:
        return scope.matrix is Matrix.PRECONDITIONED

    @classmethod
    def table(cls, scope: Scope) -> Table:
        return eigenvalue_table(
            "preconditioned",
            "largest eigenvalues of P^(-1/2) (H + wI) P^(-1/2): H the Hessian, P the optimizer's diagonal "
            "preconditioner after as many updates, w its coupled weight decay",
            scope.measuring.eigs,
        ).with_charts(
            LineChart(
                "preconditioned",
                "Preconditioned sharpness",
                "λ1, λ2, … of P⁻¹H, P the optimizer's diagonal preconditioner after as many updates: none at step 0",
                (*FLOW_LINES, Line("eigenvalues", "λ")),
                compared_with="preconditioned",
            )
        )

    def matrix(self, point: Point) -> AbstractContextManager[HasRoughProducts] | None:
        operator = point.preconditioned_hessian()
        return None if operator is None else nullcontext(operator)
