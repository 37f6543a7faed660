"""The gradient of the sharpness: it says how a network sharpens, and what keeps the sharpness at the edge."""

from __future__ import annotations

import dataclasses
import math
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


class SelfStabilization(Instrument):
    """α, β, δ, the period and ‖∇S‖ (Damian, Nichani & Lee 2022), by the eigenvector measured at the same step."""

    name = "self-stabilization"
    summary = "the gradient of the sharpness: progressive sharpening α, β and the predicted oscillation δ"
    needs = ("hessian",)

    @classmethod
    def table(cls, scope: Scope) -> Table:
        return Table(
            "self_stabilization",
            "the gradient of the sharpness S = uᵀHu, u the top eigenvector held fixed (Damian, Nichani & Lee 2022)",
            (
                STEP,
                Column("alpha", "α = −∇L·∇S⊥, progressive sharpening; ∇S⊥ = (I − uuᵀ)∇S"),
                Column("beta", "β = ‖∇S⊥‖²"),
                Column("delta", "δ = √(2α/β), the predicted oscillation; NaN where α < 0"),
                Column("period", "2π/(η√(2α)), the predicted period of the cycle; NaN where α < 0", "steps"),
                Column("gradient_norm", "‖∇S‖"),
            ),
        ).with_charts(
            # The chart has δ and |x| instead of α and β: δ predicts the measured |x|, and both have the same unit.
            LineChart(
                "self-stabilization",
                "Self-stabilization",
                "δ = √(2α/β), the oscillation along q1 that holds the sharpness, α = −∇L·∇S⊥ and β = ‖∇S⊥‖² (none "
                "where α < 0)",
                (
                    Line(
                        "oscillation",
                        "|x| measured",
                        "third",
                        brief="|x|",
                        table="oscillation",
                        first_only=True,
                        sparse=True,
                        absolute=True,
                        meaning="; |x|, the measured one",
                    ),
                    Line("delta", "δ predicted", brief="δ", sparse=True),
                ),
            )
        )

    @classmethod
    def work(cls, scope: Scope) -> Work:
        # This is the gradient of uᵀHu, through the graph of a product.
        return Work(gradients=3.5)

    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any]:
        """One row; all NaN where the Hessian is not finite and has no eigenvector."""
        from eostui.curvature.estimates.self_stabilization import Stabilization, stabilization

        top = found.at("hessian", point.step)
        if top is None:
            return {column.name: math.nan for column in dataclasses.fields(Stabilization)}
        say.progress("measuring the gradient of the sharpness")
        return dataclasses.asdict(stabilization(point.hessian, top.vectors[:, 0], point.lr))
