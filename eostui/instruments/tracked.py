"""The sharpness from one certified measurement to the next."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eostui.dynamics.formulas import Matrix
from eostui.instruments.base.instrument import Instrument, State
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import Work
from eostui.store import STEP, Column, Table

if TYPE_CHECKING:
    from torch import Tensor

    from eostui.instruments.base.found import Found
    from eostui.instruments.base.point import Point
    from eostui.instruments.base.say import Say


class Tracked(Instrument):
    """The top eigenvalue of the matrix that the threshold is for, at every step and for at most one product.

    Where the solver measured the matrix at this step, the value is the solver's. Elsewhere it is the Rayleigh quotient
    of a vector that each step improves (`improved_vector`).

    Even and odd steps have a vector each. At the edge of stability the weights oscillate with a period of two steps,
    and the eigenvector oscillates with them. The vector of two steps before is therefore closer than that of the step
    before. On small networks at the edge this more than halved the residuals.
    """

    name = "tracked"
    summary = "the sharpness between two measurements: the Rayleigh quotient of the followed eigenvector"
    needs = ("preconditioned", "hessian")
    every_step = True

    @classmethod
    def table(cls, scope: Scope) -> Table:
        return Table(
            "tracked",
            "the largest eigenvalue of the matrix that the threshold is for, at every step: certified where the solver "
            "measured it, else the Rayleigh quotient of the vector that is followed, which is a lower bound",
            (
                STEP,
                Column("sharpness", "vᵀAv of the followed unit vector v; λ₁ where certified"),
                Column("residual", "‖Av − (vᵀAv)v‖; a true eigenvalue lies within it"),
                Column("certified", "1 where the solver measured at this step, else 0", dtype="int64"),
            ),
        ).with_charts()

    @classmethod
    def work(cls, scope: Scope) -> Work:
        return Work(products=1, blocks=1)

    def __init__(self, scope: Scope) -> None:
        self._matrix = scope.matrix
        self._vectors: list[Tensor] = []

    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any] | None:
        """One row; None before the first certified measurement, NaN where the product is not finite."""
        from eostui.curvature.eigen.improved_vector import improved_vector

        top = found.at(self._matrix, point.step)
        if top is not None:
            self._vectors = [top.vectors[:, 0]] * 2
            return {"sharpness": float(top.values[0]), "residual": float(top.residuals[0]), "certified": 1}
        matrix = point.preconditioned_hessian() if self._matrix is Matrix.PRECONDITIONED else point.hessian
        if not self._vectors or matrix is None:
            return None
        say.progress("following the sharpness")
        here = improved_vector(matrix, self._vectors[point.step % 2])
        if here is None:
            return {"sharpness": math.nan, "residual": math.nan, "certified": 0}
        self._vectors[point.step % 2] = here.vector
        return {"sharpness": here.quotient, "residual": here.residual, "certified": 0}

    def state_dict(self) -> State:
        return {"vectors": list(self._vectors)}  # the list itself changes in place

    def load_state_dict(self, state: State) -> None:
        self._vectors = list(state["vectors"])
