"""The most negative eigenvalue of the loss Hessian."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from eostui.instruments.base.eigenvalues import Eigenvalues
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import Work
from eostui.store import CERTIFIED, STEP, Column, Line, LineChart, Table

if TYPE_CHECKING:
    from eostui.curvature.linear_operator import HasRoughProducts
    from eostui.instruments.base.found import Found
    from eostui.instruments.base.point import Point
    from eostui.instruments.base.say import Say


class Lowest(Eigenvalues):
    """The smallest algebraic eigenvalue of H: the negative of the largest one of −H."""

    name = "lowest"
    summary = "the most negative eigenvalue of the loss Hessian"
    label = "lowest eigenvalue"

    @classmethod
    def table(cls, scope: Scope) -> Table:
        return Table(
            "lowest",
            "the most negative (algebraic) eigenvalue of the Hessian H = ∇²L",
            (
                STEP,
                Column("eigenvalue", "smallest eigenvalue; positive where the loss is convex"),
                Column("residual", "‖Hv − λv‖; a true eigenvalue lies within it"),
                Column("error", "estimated error of the eigenvalue, at most the residual ‖r‖ and about 2‖r‖²/gap"),
                Column("products", "operator-vector products that the measurement took", dtype="int64"),
                CERTIFIED,
            ),
        ).with_charts(
            LineChart(
                "lowest",
                "Lowest eigenvalue",
                "the most negative (algebraic) eigenvalue of H; positive where the loss is convex",
                (Line("eigenvalue", "λmin", "second"),),
            )
        )

    @classmethod
    def work(cls, scope: Scope) -> Work:
        # The lower end of the spectrum is crowded. On digits, 30 products were seen for fc-tanh and 100 for cnn-relu.
        return Work(products=45, blocks=45, graphs=1)

    @classmethod
    def _wanted(cls, scope: Scope) -> int:
        return 1

    def matrix(self, point: Point) -> AbstractContextManager[HasRoughProducts]:
        from eostui.curvature.operators.negated import Negated

        return nullcontext(Negated(point.hessian))

    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any]:
        """Eigenvalue, residual, error estimate and products."""
        row = super().measure(point, found, say)
        return {
            "eigenvalue": -row["eigenvalues"][0],
            "residual": row["residuals"][0],
            "error": row["errors"][0],
            "products": row["products"],
            "certified": row["certified"],
        }
