"""The curvature along each step, from the losses and gradients that training has computed anyway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eostui.dynamics.formulas import Matrix
from eostui.instruments.base.instrument import Instrument, State
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import Work
from eostui.store import STEP, Column, Line, LineChart, Table

if TYPE_CHECKING:
    from torch import Tensor

    from eostui.instruments.base.found import Found
    from eostui.instruments.base.point import Point
    from eostui.instruments.base.say import Say
    from eostui.objective.objective import Gradient


class CurvatureOfStep(Instrument):
    """The secant sᵀy/sᵀs and the step curvature 2(ΔL − gᵀs)/‖s‖² of the step s = θ_t − θ_{t−1}, in the row of t.

    y is the change of the gradient g along the step. For an adaptive optimizer lengths are in the metric of P, the one
    that made the step: its secant has the threshold of λ₁(P⁻¹H).
    """

    name = "secant"
    summary = "curvature along each step, from the losses and gradients at its two ends"
    when = "with full batches"
    every_step = True
    keeps = 2

    @classmethod
    def unasked(cls, scope: Scope) -> bool:
        return scope.batch_size is None

    @classmethod
    def table(cls, scope: Scope) -> Table:
        adaptive = scope.matrix is Matrix.PRECONDITIONED
        matrix, square = ("P⁻¹H", "sᵀPs") if adaptive else ("H", "sᵀs")
        metric = ", ‖s‖² = sᵀPs, P the optimizer's preconditioner after as many updates" if adaptive else ""
        norms = "√(yᵀP⁻¹y/sᵀPs)" if adaptive else "‖y‖/‖s‖"
        return Table(
            "secant",
            "curvature along the step that led to θ_t, from losses and gradients at its two ends: s = θ_t − θ_{t−1}, "
            f"y = g_t − g_{{t−1}}, ΔL = L_t − L_{{t−1}}, g = g_{{t−1}}{metric}",
            (
                STEP,
                Column("secant", f"sᵀy/{square}, the curvature of {matrix} along s, averaged over the step"),
                Column("secant_norm", f"{norms}, at least the size of the secant"),
                Column("step_curvature", "2(ΔL − gᵀs)/‖s‖²; NaN where ΔL is lost in the last digits of L"),
                Column("step_threshold", "2(−gᵀs)/‖s‖²; where the step curvature is above it, the loss has risen"),
            ),
        ).with_charts(
            LineChart(
                "secant",
                "Secant",
                f"sᵀy/{square}, the curvature of {matrix} along the last step s, and {norms}, y the change of the "
                "gradient, for nothing; before the edge far below λ1: s has no part left along the top eigenvectors; "
                "close to it once the oscillation has grown: it says that the edge was crossed, not that it is near; "
                "no curvature where random numbers (dropout) change the loss from step to step",
                (Line("secant_norm", "‖y‖/‖s‖", "second"), Line("secant", "secant", brief="s")),
                compared_with=scope.matrix,
            ),
            LineChart(
                "step-curvature",
                "Step curvature",
                "2(ΔL − gᵀs)/‖s‖² of the last step s, for nothing, and 2(−gᵀs)/‖s‖², 2/η for gradient descent: where "
                "it is above, the loss has risen; at the edge its mean over any window, weighted by ‖g‖² before each "
                "step, is 2/η; it does not see the directions that the steps do not take",
                (Line("step_threshold", "rises above", "second", brief="level"), Line("step_curvature", "step")),
                aside=True,
            ),
        )

    @classmethod
    def work(cls, scope: Scope) -> Work:
        return Work()

    def __init__(self, scope: Scope) -> None:
        self._adaptive = scope.matrix is Matrix.PRECONDITIONED
        self._step = -1
        self._theta: Tensor | None = None
        self._before: Gradient | None = None

    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any] | None:
        """One row; None where the step was not seen, or was made without the P that it is measured by."""
        from eostui.curvature.estimates.secant import secant

        after = point.evaluation
        if after is None:
            return None
        row = None
        if self._theta is not None and self._before is not None and point.step == self._step + 1:
            metric = point.preconditioner() if self._adaptive else None
            if metric is not None or not self._adaptive:
                step, decay = point.theta - self._theta, point.threshold.weight_decay
                row = secant(step, self._before, after, metric, decay)._asdict()
        # The update will change θ in place.
        self._step, self._theta, self._before = point.step, point.theta.clone(), after
        return row

    def state_dict(self) -> State:
        before = self._before
        said = None if before is None else [before.loss, before.accuracy, before.gradient]
        return {"step": self._step, "theta": self._theta, "before": said}

    def load_state_dict(self, state: State) -> None:
        from eostui.objective.objective import Gradient

        self._step, self._theta, said = state["step"], state["theta"], state["before"]
        self._before = None if said is None else Gradient(*said)
