"""The central flow beside the run: where theory says that the oscillating optimizer goes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from eostui.dynamics.formulas import Matrix
from eostui.instruments.base.flows import FlowInstrument
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import Work
from eostui.store import STEP, Column, Line, LineChart, Table

if TYPE_CHECKING:
    from torch import Tensor

    from eostui.dynamics.flows.central_flow import CentralFlow
    from eostui.dynamics.flows.flow import Flow
    from eostui.dynamics.flows.law import Law
    from eostui.dynamics.update_rule import State as RuleState
    from eostui.instruments.base.found import Found
    from eostui.instruments.base.point import Point
    from eostui.instruments.base.say import Say

BEYOND = 1.05
"""A central flow waits while λ₁ is above so many times the edge."""


class CentralFlowInstrument(FlowInstrument):
    """w, Σ and what they predict (Cohen et al. 2024, arXiv 2410.24206)."""

    name = "central-flow"
    flow = "central"
    central = True
    summary = "the central flow: where the oscillating optimizer goes on average, and how large its oscillation is"

    @classmethod
    def table(cls, scope: Scope) -> Table:
        eigs = scope.measuring.eigs
        metric = "Σ" if scope.matrix is Matrix.HESSIAN else "P^½ΣP^½"
        return Table(
            "central_flow",
            "the central flow w with the covariance Σ of the oscillation about it (Cohen et al. 2024); NaN while it "
            "waits for λ1 to be near the threshold or below",
            (
                STEP,
                Column("origin", "the step that it began at", "steps"),
                Column("time", "Σ η of the run until here"),
                Column("loss", "L(w)"),
                Column("predicted_loss", "L(w) + ½tr(HΣ), the mean loss over an oscillation"),
                Column("grad_norm", "‖∇L(w)‖"),
                Column("predicted_squared_grad_norm", "‖∇L(w)‖² + tr(HΣH), the mean of ‖∇L‖² over an oscillation"),
                Column("eigenvalues", "λ1, λ2, … at w of the matrix that the threshold is for", width=eigs),
                Column("critical", "how many directions are critical: λ > 0.975 of the threshold"),
                Column("variances", f"eigenvalues of {metric}, the predicted variances", width=eigs),
                Column("measured_variances", "squares of θ_t − w along the same vectors", width=eigs),
                Column("distance", "‖θ_t − w‖"),
                Column("second_moment", "sum of ν over the weights; NaN without one"),
                Column("gradients", "its cost since it began", "gradients"),
            ),
        ).with_charts(
            LineChart(
                "mean-loss",
                "Mean loss",
                "the training loss, and L(w) + ½tr(HΣ), its mean over an oscillation as the central flow w has it; the "
                "first cycle after the edge is larger than predicted, for it grows out of rounding errors",
                (
                    Line("loss", "run", "faint", table="train"),
                    Line("loss", "L(w)", "third", sparse=True),
                    Line(
                        "loss",
                        "run's mean",
                        "second",
                        brief="mean",
                        table="train",
                        smooth=20,
                        meaning="; the run's own mean is a Gaussian one of 20 steps",
                    ),
                    Line("predicted_loss", "predicted", brief="flow", sparse=True),
                ),
                log=True,
                awaited=True,
            ),
            LineChart(
                "variance",
                "Variance",
                f"the eigenvalues of {metric} as the central flow predicts them, and the squares of θ_t − w along the "
                "same vectors",
                (
                    Line("measured_variances", "run", "second", first_only=True, sparse=True),
                    Line("variances", "predicted", brief="flow", first_only=True, sparse=True),
                ),
                log=True,
                awaited=True,
            ),
            LineChart(
                "flow-distance",
                "Distance",
                "‖θ_t − w‖, how far the run is from the central flow",
                (
                    Line(
                        "distance",
                        "gradient flow",
                        "third",
                        brief="gradient",
                        table="gradient_flow",
                        sparse=True,
                        meaning=", and from the gradient flow",
                    ),
                    Line("distance", "central flow", brief="central", sparse=True),
                ),
                log=True,
                awaited=True,
            ),
        )

    @classmethod
    def work(cls, scope: Scope) -> Work:
        # With two critical directions a step of the flow takes 3 differences of gradients, 6 stages and 11 products.
        steps = max(1.0, scope.measuring.eig_every / 4)
        return Work(gradients=13 * steps, products=11 * steps, graphs=steps, blocks=11 * steps)

    def make(self, point: Point, law: Law, theta: Tensor, state: RuleState, step: int) -> CentralFlow:
        from eostui.dynamics.flows.central_flow import CentralFlow

        return CentralFlow(point.objective, law, theta, state, step=step, by=point.products, seed=self._scope.seed)

    def may_begin(self, point: Point, found: Found) -> bool:
        """Not where the run is far above the edge: what follows is no oscillation."""
        return not self._share(point, found) > BEYOND

    def why_ended(self, flow: Flow) -> str:
        return ""

    def _keep_up(self, flow: Flow, point: Point, say: Say) -> None:
        super()._keep_up(flow, point, say)
        if not flow.finite or flow.top_pairs().values[0] > BEYOND * flow.law.edge:
            self.wait()

    def row(self, flow: Flow, point: Point, found: Found) -> Mapping[str, Any]:
        import torch

        from eostui.dynamics.flows.central_flow import CentralFlow

        assert isinstance(flow, CentralFlow)
        here, eigs = flow.evaluation(), self._scope.measuring.eigs
        pairs, spread = flow.top_pairs(eigs), flow.oscillation()
        loss, grad_norm = float(here.loss), float(torch.linalg.vector_norm(here.gradient))
        apart = point.theta - flow.theta
        found.put_weights("central_flow", point.step, flow.theta)
        return {
            "loss": loss,
            "predicted_loss": loss + spread.loss,
            "grad_norm": grad_norm,
            "predicted_squared_grad_norm": grad_norm**2 + spread.squared_grad_norm,
            "eigenvalues": self.in_units_of_threshold(pairs.values, flow),
            "critical": float(len(spread.variances)),
            "variances": _wide(spread.variances, eigs, 0.0),
            "measured_variances": _wide(spread.measured(apart), eigs, math.nan),
            "distance": float(torch.linalg.vector_norm(apart)),
            "second_moment": float(flow.state["nu"].sum()) if "nu" in flow.state else math.nan,
        }


def _wide(values: np.ndarray[Any, Any], width: int, rest: float) -> np.ndarray[Any, Any]:
    """The first `width` of the values, or all and `rest` after them."""
    kept = values[:width]
    return np.pad(kept, (0, width - len(kept)), constant_values=rest)
