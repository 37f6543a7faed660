"""Where the minimalist example is: the product d of its weights, and the sharpness that gradient flow would reach."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eostui.instruments.base.instrument import Instrument
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import Work
from eostui.store import STEP, Column, PhaseChart, Table

if TYPE_CHECKING:
    from eostui.instruments.base.found import Found
    from eostui.instruments.base.point import Point
    from eostui.instruments.base.say import Say


class MinimalistExample(Instrument):
    """x, y and d = xy of the weights (x, y, x, y), and ηS of the minimum of gradient flow from there (Zhu et al. 2023).

    Gradient flow keeps c² = x² − y², and its minimum d = 1 has the sharpness S = 2(x² + y²) = 2√(c⁴ + 4).
    """

    name = "minimalist"
    summary = "the weights of the minimalist example, and ηS of the minimum that gradient flow would reach"
    when = "with --arch minimalist"
    every_step = True

    @classmethod
    def unasked(cls, scope: Scope) -> bool:
        return scope.arch.partition(":")[0] == "minimalist"

    @classmethod
    def table(cls, scope: Scope) -> Table:
        return Table(
            "minimalist",
            "the minimalist example, L = ½(1 − d²)², d = xy, with the four weights (x, y, x, y)",
            (
                STEP,
                Column("x", "the larger weight"),
                Column("y", "the smaller weight"),
                Column("d", "xy; 1 at every minimum"),
                Column("stability", "ηS, S = 2√(c⁴ + 4) the sharpness of gradient flow's minimum, c² = x² − y²"),
            ),
        ).with_charts(
            PhaseChart(
                "minimalist",
                "Minimalist example",
                "d = xy at each step over ηS, S = 2√(c⁴ + 4) the sharpness of the minimum that gradient flow would "
                "reach, c² = x² − y²; behind it, for gradient descent, the bifurcation diagram: where d goes if c is "
                "held, to 1 below ηS = 2, above it between two values, then four, then in chaos; a run that begins "
                "beyond 2 follows the branches while c falls, and ends just below 2",
                "stability",
                "d",
                "ηS",
                "d",
                backdrop="bifurcation",
            )
        )

    @classmethod
    def work(cls, scope: Scope) -> Work:
        return Work()

    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any]:
        """One row; where the weights overflow, so does the product."""
        x, y = point.theta[:2].tolist()
        return {"x": x, "y": y, "d": x * y, "stability": point.lr * 2 * math.hypot((x - y) * (x + y), 2)}
