"""The largest eigenvalues of the loss Hessian; the first is the sharpness."""

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


class Hessian(Eigenvalues):
    """The eigenvalues of H = ∇²L."""

    name = "hessian"
    summary = "the largest eigenvalues of the loss Hessian; the first is the sharpness"
    when = "always"
    label = "Hessian"

    @classmethod
    def table(cls, scope: Scope) -> Table:
        own = Line("eigenvalues", "λ")
        description = "largest algebraic eigenvalues of the Hessian H = ∇²L"
        return eigenvalue_table("hessian", description, scope.measuring.eigs).with_charts(
            LineChart(
                "sharpness",
                "Sharpness",
                "λ1 (the sharpness), λ2, … of the loss Hessian H = ∇²L",
                ((*FLOW_LINES, own) if scope.matrix is Matrix.HESSIAN else (own,)),
                compared_with="hessian",
            )
        )

    def matrix(self, point: Point) -> AbstractContextManager[HasRoughProducts]:
        return nullcontext(point.hessian)
