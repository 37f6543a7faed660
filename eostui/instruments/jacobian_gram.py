"""The largest eigenvalues of the Jacobian Gram matrix, and how much curvature the loss adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from eostui.instruments.base.eigenvalues import Eigenvalues
from eostui.instruments.base.instrument import State
from eostui.instruments.base.random_numbers import RandomNumbers
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import Work
from eostui.store import Column, Line, LineChart, Table, eigenvalue_table

if TYPE_CHECKING:
    from eostui.curvature.linear_operator import HasRoughProducts
    from eostui.instruments.base.found import Found
    from eostui.instruments.base.point import Point
    from eostui.instruments.base.say import Say


class JacobianGram(Eigenvalues):
    """The eigenvalues of the mean of JᵀJ over examples, and the mean of tr ∇²_z ℓ."""

    name = "jacobian-gram"
    summary = "the largest eigenvalues of the mean of JᵀJ, the Gauss-Newton matrix without the loss's curvature"
    outputs = True
    label = "Jacobian Gram matrix"

    @classmethod
    def table(cls, scope: Scope) -> Table:
        description = "largest eigenvalues of the Gram matrix of the outputs' Jacobian, the mean of JᵀJ"
        table = eigenvalue_table("jacobian_gram", description, scope.measuring.eigs)
        meaning = "mean of tr ∇²_z ℓ over examples: what the loss adds, fading as it is fitted"
        columns = (*table.columns, Column("loss_curvature", meaning))
        return Table(table.name, table.description, columns).with_charts(
            LineChart(
                "jacobian-gram",
                "Jacobian Gram",
                "eigenvalues of the mean of JᵀJ: G without the curvature ∇²_z ℓ of the loss, and without its fading",
                (Line("eigenvalues", "λ", "second"),),
                compared_with="hessian",
            ),
            LineChart(
                "loss-curvature",
                "Loss curvature",
                "mean over examples of tr ∇²_z ℓ, which fades as cross-entropy fits them, and G and H with it",
                (Line("loss_curvature", "tr ∇²_z ℓ", "second"),),
                log=True,
            ),
        )

    @classmethod
    def work(cls, scope: Scope) -> Work:
        return super().work(scope) + Work(forwards=1)

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self._random = RandomNumbers(scope.seed)

    def matrix(self, point: Point) -> AbstractContextManager[HasRoughProducts]:
        from eostui.curvature.operators.jacobian_gram import JacobianGramOperator

        return point.of_outputs(JacobianGramOperator)

    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any]:
        """The eigenvalues, and the trace of the loss's second derivative by the outputs."""
        from eostui.curvature.estimates.loss_curvature import loss_curvature

        row = super().measure(point, found, say)
        added = loss_curvature(point.curvature, point.theta, generator=self._random.on(point.theta.device))
        return {**row, "loss_curvature": float(added)}

    def state_dict(self) -> State:
        return {**super().state_dict(), "random": self._random.state_dict()}

    def load_state_dict(self, state: State) -> None:
        super().load_state_dict(state)
        self._random.load_state_dict(state["random"])
