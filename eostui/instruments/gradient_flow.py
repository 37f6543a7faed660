"""The gradient flow beside the run: where the optimizer would go with infinitely small steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eostui.instruments.base.flows import FlowInstrument
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import Work
from eostui.store import STEP, Column, Line, LineChart, Table

if TYPE_CHECKING:
    from torch import Tensor

    from eostui.dynamics.flows.flow import Flow
    from eostui.dynamics.flows.gradient_flow import GradientFlow
    from eostui.dynamics.flows.law import Law
    from eostui.dynamics.update_rule import State as RuleState
    from eostui.instruments.base.found import Found
    from eostui.instruments.base.point import Point

HIGHEST = 30.0
"""A gradient flow ends where λ₁ is above so many times the edge: each step takes ever more work, and says no more."""


class GradientFlowInstrument(FlowInstrument):
    """w' = −P⁻¹∇L, which an optimizer follows before the edge and leaves there (Cohen et al. 2021)."""

    name = "gradient-flow"
    flow = "gradient"
    summary = "the gradient flow: where the optimizer would go with infinitely small steps"

    @classmethod
    def table(cls, scope: Scope) -> Table:
        return Table(
            "gradient_flow",
            "the gradient flow w' = −P⁻¹∇L(w); for an adaptive optimizer with ν' = ((1−β2)/β2)(∇L² − ν), and with "
            "momentum μ at the step size η/(1−μ)",
            (
                STEP,
                Column("origin", "the step that it began at", "steps"),
                Column("time", "Σ η of the run until here"),
                Column("loss", "L(w)"),
                Column("grad_norm", "‖∇L(w)‖"),
                Column(
                    "eigenvalues",
                    "λ1, λ2, … at w of the matrix that the threshold is for",
                    width=scope.measuring.eigs,
                ),
                Column("distance", "‖θ_t − w‖"),
                Column("distance_central", "how far the central flow is from w; NaN without one"),
                Column("gradients", "its cost since it began", "gradients"),
            ),
        ).with_charts(
            LineChart(
                "gradient-flow-loss",
                "Gradient flow",
                "the training loss, and that of the gradient flow",
                (
                    Line("loss", "run", "faint", table="train"),
                    Line("loss", "gradient flow", "third", brief="flow", sparse=True),
                ),
                log=True,
                awaited=True,
            ),
        )

    @classmethod
    def work(cls, scope: Scope) -> Work:
        # A step of the flow of 20 steps of the optimizer takes some 12 stages.
        steps, products = max(1.0, scope.measuring.eig_every / 15), 2 * scope.measuring.eigs + 3
        return Work(gradients=10 * steps, products=products, graphs=1, blocks=products)

    def make(self, point: Point, law: Law, theta: Tensor, state: RuleState, step: int) -> GradientFlow:
        from eostui.dynamics.flows.gradient_flow import GradientFlow

        return GradientFlow(point.objective, law, theta, state, step=step, by=point.products, seed=self._scope.seed)

    def why_ended(self, flow: Flow) -> str:
        if why := super().why_ended(flow):
            return why
        times = flow.top_pairs(self._scope.measuring.eigs).values[0] / flow.law.edge
        return f"its sharpness is {times:.0f} times the threshold" if times > HIGHEST else ""

    def row(self, flow: Flow, point: Point, found: Found) -> Mapping[str, Any]:
        import torch

        here, central = flow.evaluation(), found.weights("central_flow", point.step)
        return {
            "loss": float(here.loss),
            "grad_norm": float(torch.linalg.vector_norm(here.gradient)),
            "eigenvalues": self.in_units_of_threshold(flow.top_pairs(self._scope.measuring.eigs).values, flow),
            "distance": float(torch.linalg.vector_norm(point.theta - flow.theta)),
            "distance_central": math.nan if central is None else float(torch.linalg.vector_norm(central - flow.theta)),
        }
