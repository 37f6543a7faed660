"""The trace of the loss Hessian."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eostui.instruments.base.instrument import Instrument, State
from eostui.instruments.base.random_numbers import RandomNumbers
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import Work
from eostui.store import STEP, Column, Line, LineChart, Table

if TYPE_CHECKING:
    from eostui.instruments.base.found import Found
    from eostui.instruments.base.point import Point
    from eostui.instruments.base.say import Say

PRODUCTS = 30
"""The largest number of products for an estimate."""


class HessianTrace(Instrument):
    """tr H by Hutch++ (Meyer et al. 2021), with new probes at every measurement."""

    name = "trace"
    summary = "the trace of the loss Hessian (Hutch++)"

    @classmethod
    def table(cls, scope: Scope) -> Table:
        return Table(
            "trace",
            "the trace of the Hessian (Hutch++, Meyer et al. 2021)",
            (
                STEP,
                Column("trace", "tr H, estimated"),
                Column("standard_error", "standard error of the estimate"),
                Column("products", "operator-vector products that the measurement took", dtype="int64"),
            ),
        ).with_charts(
            LineChart(
                "trace",
                "Hessian trace",
                "tr H, the sum of all eigenvalues, by Hutch++",
                (Line("trace", "tr H", "second"),),
            )
        )

    @classmethod
    def work(cls, scope: Scope) -> Work:
        return Work(products=PRODUCTS, blocks=3)

    def __init__(self, scope: Scope) -> None:
        self._random = RandomNumbers(scope.seed)

    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any]:
        """One row; NaN where a product is not finite, as on the way to a divergence."""
        from eostui.curvature.estimates.trace import hutch_plus_plus
        from eostui.curvature.linear_operator import NonFiniteProduct

        say.progress("measuring the trace")
        try:
            estimate = hutch_plus_plus(point.hessian, PRODUCTS, generator=self._random.on("cpu"))
        except NonFiniteProduct:
            return {"trace": math.nan, "standard_error": math.nan, "products": 0}
        return {"trace": estimate.trace, "standard_error": estimate.standard_error, "products": estimate.products}

    def state_dict(self) -> State:
        return {"random": self._random.state_dict()}

    def load_state_dict(self, state: State) -> None:
        self._random.load_state_dict(state["random"])
