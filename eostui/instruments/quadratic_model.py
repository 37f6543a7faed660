"""The local quadratic model beside the run: the same optimizer on the Taylor model of the loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eostui.instruments.base.instrument import Instrument, State
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import Work
from eostui.store import STEP, Column, Line, LineChart, Table

if TYPE_CHECKING:
    from torch import Tensor

    from eostui.curvature.operators.hessian import HessianOperator
    from eostui.dynamics.quadratic_model import QuadraticModel
    from eostui.instruments.base.found import Found
    from eostui.instruments.base.point import Point
    from eostui.instruments.base.say import Say

ANEW = 100
"""Steps from one origin of the model to the next."""


class QuadraticModelInstrument(Instrument):
    """The run's optimizer with g + Hd for its gradient: it follows the run before the edge, and explodes after it."""

    name = "quadratic-model"
    flow = "quadratic"
    summary = "the run's optimizer on the Taylor model of the loss, begun anew every 100 steps"
    at_new_step_sizes = True
    keeps = 8

    @classmethod
    def refusal(cls, scope: Scope) -> str:
        return "" if scope.batch_size is None else "is a model of the loss of all examples: leave --batch-size out"

    @classmethod
    def table(cls, scope: Scope) -> Table:
        return Table(
            "quadratic_model",
            "the run's own optimizer, in its own state, on the second-order Taylor model of the loss at the origin",
            (
                STEP,
                Column("origin", "the step that the model was made at", "steps"),
                Column("loss", "the model's loss at its own weights"),
                Column("distance", "‖θ_t − the model's weights‖"),
            ),
        ).with_charts(
            LineChart(
                "quadratic-model",
                "Quadratic",
                "the training loss, and the loss of the local quadratic model under the same optimizer, which is made "
                "anew every 100 steps: it follows the run before the edge of stability, and explodes after it",
                (Line("loss", "run", "faint", table="train"), Line("loss", "model", "second", sparse=True)),
                log=True,
                awaited=True,
            )
        )

    @classmethod
    def work(cls, scope: Scope) -> Work:
        return Work(products=scope.measuring.eig_every, graphs=1, blocks=scope.measuring.eig_every)

    def __init__(self, scope: Scope) -> None:
        self._model: QuadraticModel | None = None
        self._hessian: HessianOperator | None = None
        self._lr = math.nan
        self._saved: State | None = None

    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any]:
        """One row. Where the model has exploded, its loss is infinite or NaN until it is made anew."""
        if self._saved is not None:
            self._model = self._made(point)
            self._model.load_state_dict(self._saved)
            self._saved = None
        if self._model is None or point.step - self._model.begun >= ANEW or point.step < self._model.step:
            self._model = self._made(point)
        model = self._model
        try:
            loss = model.evaluate()
            while model.step < point.step and bool(loss.isfinite()):
                say.progress("advancing the quadratic model", 1 - (point.step - model.step) / ANEW)
                model.advance(self._lr)
                loss = model.evaluate()
        finally:
            if self._hessian is not None:
                self._hessian.close()
        self._lr = point.lr
        exploded = model.step < point.step
        return {
            "origin": float(model.begun),
            "loss": math.inf if exploded else float(loss),
            "distance": math.inf if exploded else float(model.distance(point.theta)),
        }

    def _made(self, point: Point) -> QuadraticModel:
        """The model at a point."""
        from eostui.dynamics.quadratic_model import Product, QuadraticModel, copy_of

        def hessian_at(theta: Tensor) -> Product:
            self._hessian = point.products.hessian(point.objective, theta, graph_bytes=point.graph_bytes)
            return self._hessian.__matmul__

        assert point.optimizer is not None
        return QuadraticModel(
            copy_of(point.optimizer), point.objective.gradient(point.theta), hessian_at, step=point.step
        )

    def state_dict(self) -> State:
        model = self._saved if self._model is None else self._model.state_dict()
        return {"model": model, "lr": self._lr}

    def load_state_dict(self, state: State) -> None:
        self._model, self._hessian, self._saved, self._lr = None, None, state["model"], state["lr"]
