"""How fast the gradient changes along the next step."""

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


class EffectiveSmoothness(Instrument):
    """The largest change of the gradient along the next step of size η, relative to the distance.

    The gradient is that of the examples that curvature is measured on.
    """

    name = "effective-smoothness"
    summary = "how fast the gradient changes along the next step, at most"

    @classmethod
    def table(cls, scope: Scope) -> Table:
        return Table(
            "effective_smoothness",
            "how fast the gradient changes along the next gradient step",
            (STEP, Column("smoothness", "max of ‖∇L(θ) − ∇L(θ − αg)‖/(α‖g‖) over 8 even steps α of (0, η]")),
        ).with_charts(
            LineChart(
                "effective-smoothness",
                "Effective smoothness",
                "the largest ‖∇L(θ) − ∇L(θ − αg)‖/(α‖g‖) for steps α of (0, η]",
                (Line("smoothness", "max"),),
                compared_with="hessian",
            )
        )

    @classmethod
    def work(cls, scope: Scope) -> Work:
        return Work(gradients=8)

    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any]:
        """One row; NaN where the gradient is zero."""
        from eostui.curvature.estimates.directional import largest_smoothness

        say.progress("measuring the effective smoothness")
        return {"smoothness": float(largest_smoothness(point.hessian, point.lr))}
