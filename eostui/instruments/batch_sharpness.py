"""The curvature that minibatches see."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from eostui.config import ConfigError
from eostui.instruments.base.instrument import Instrument, State
from eostui.instruments.base.random_numbers import RandomNumbers
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import Work
from eostui.store import STEP, Column, Line, LineChart, Table

if TYPE_CHECKING:
    from eostui.instruments.base.found import Found
    from eostui.instruments.base.point import Point
    from eostui.instruments.base.say import Say

BATCHES = 16
"""Number of random minibatches in the mean."""


class BatchSharpness(Instrument):
    """The mean of g_BᵀH_Bg_B/‖g_B‖² over random batches of the training set. They are as large as the training's.

    Raises ConfigError for a run whose every step sees all examples: its batch sharpness is the directional curvature.
    """

    name = "batch-sharpness"
    summary = "the mean curvature of minibatches along their own gradients"

    @classmethod
    def refusal(cls, scope: Scope) -> str:
        return "is of minibatches: give their size with --batch-size" if scope.batch_size is None else ""

    @classmethod
    def table(cls, scope: Scope) -> Table:
        return Table(
            "batch_sharpness",
            "curvature that minibatches see along their own gradients (Andreyev & Beneventano 2024)",
            (
                STEP,
                Column("batch_sharpness", "mean of g_BᵀH_Bg_B/‖g_B‖² over random batches B of the training batch size"),
                Column("standard_error", "standard error of that mean"),
            ),
        ).with_charts(
            LineChart(
                "batch-sharpness",
                "Batch sharpness",
                "mean of g_BᵀH_Bg_B/‖g_B‖² over random batches B of the training batch size",
                (Line("batch_sharpness", "mean"),),
                compared_with="hessian",
            )
        )

    @classmethod
    def work(cls, scope: Scope) -> Work:
        return Work(batches=BATCHES)

    def __init__(self, scope: Scope) -> None:
        if scope.batch_size is None:
            raise ConfigError(f"--track {self.name} {self.refusal(scope)}")
        self._batch_size = scope.batch_size
        self._random = RandomNumbers(scope.seed)

    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any]:
        """One row, over newly drawn batches; NaN where a batch's gradient is zero or not finite."""
        from eostui.curvature.estimates.batch_sharpness import mean_batch_sharpness

        def progress(done: int) -> None:
            say.progress("measuring the batch sharpness", done / BATCHES)

        mean = mean_batch_sharpness(
            point.objective,
            point.theta,
            self._batch_size,
            batches=BATCHES,
            hessian_of=partial(point.products.hessian, graph_bytes=point.graph_bytes),
            generator=self._random.on("cpu"),
            on_batch=progress,
        )
        return {"batch_sharpness": mean.mean, "standard_error": mean.standard_error}

    def state_dict(self) -> State:
        return {"random": self._random.state_dict()}

    def load_state_dict(self, state: State) -> None:
        self._random.load_state_dict(state["random"])
