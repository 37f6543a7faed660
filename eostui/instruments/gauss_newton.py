"""The largest eigenvalues of the Gauss-Newton matrix."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from eostui.instruments.base.eigenvalues import Eigenvalues
from eostui.instruments.base.scope import Scope
from eostui.store import Line, LineChart, Table, eigenvalue_table

if TYPE_CHECKING:
    from eostui.curvature.linear_operator import HasRoughProducts
    from eostui.instruments.base.point import Point


class GaussNewton(Eigenvalues):
    """The eigenvalues of G, the mean of Jᵀ(∇²_z ℓ)J over examples, with the Jacobian J of the outputs z."""

    name = "gauss-newton"
    summary = "the largest eigenvalues of the Gauss-Newton matrix, H without the residual term"
    outputs = True
    label = "Gauss-Newton matrix"

    @classmethod
    def table(cls, scope: Scope) -> Table:
        description = "largest eigenvalues of the Gauss-Newton matrix G = mean of Jᵀ(∇²_z ℓ)J"
        return eigenvalue_table("gauss_newton", description, scope.measuring.eigs).with_charts(
            LineChart(
                "gauss-newton",
                "Gauss–Newton",
                "eigenvalues of G = mean of Jᵀ(∇²_z ℓ)J: H without the term of the network's own curvature",
                (Line("eigenvalues", "λ", "second"),),
                compared_with="hessian",
            )
        )

    def matrix(self, point: Point) -> AbstractContextManager[HasRoughProducts]:
        from eostui.curvature.operators.gauss_newton import GaussNewtonOperator

        return point.of_outputs(GaussNewtonOperator)
