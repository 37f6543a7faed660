"""The curvature along the gradient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eostui.instruments.base.instrument import Instrument
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import Work
from eostui.store import STEP, Column, Line, LineChart, Table

if TYPE_CHECKING:
    from eostui.instruments.base.found import Found
    from eostui.instruments.base.point import Point
    from eostui.instruments.base.say import Say


class Directional(Instrument):
    """gᵀHg/gᵀg, where g and H are those of the examples that curvature is measured on."""

    name = "directional"
    summary = "gᵀHg/gᵀg, the curvature along the gradient"

    @classmethod
    def table(cls, scope: Scope) -> Table:
        return Table(
            "directional",
            "curvature of the training loss along its gradient",
            (STEP, Column("curvature", "gᵀHg/gᵀg, g = ∇L, H = ∇²L")),
        ).with_charts(
            LineChart(
                "directional",
                "Directional curvature",
                "gᵀHg/gᵀg, the curvature along the gradient g = ∇L",
                (Line("curvature", "gᵀHg/gᵀg", brief="gᵀHg"),),
                compared_with="hessian",
            )
        )

    @classmethod
    def work(cls, scope: Scope) -> Work:
        return Work(products=1, blocks=1)

    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any]:
        """One row; NaN where the gradient is zero."""
        from eostui.curvature.estimates.directional import directional_curvature

        say.progress("measuring the curvature along the gradient")
        return {"curvature": float(directional_curvature(point.hessian))}
