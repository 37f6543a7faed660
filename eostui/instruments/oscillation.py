"""The oscillation of the weights along the top eigenvectors."""

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

    from eostui.instruments.base.found import Found
    from eostui.instruments.base.point import Point
    from eostui.instruments.base.say import Say


class Oscillation(Instrument):
    """x_t = qᵀ(θ_t − θ̄_t) about the midpoint θ̄_t = (θ_{t−1} + 2θ_t + θ_{t+1})/4, which has no part of period 2.

    The eigenvectors q are the last ones of the Hessian that were measured at or before step t, with the signs that they
    have there. θ_{t+1} is not known at step t, so the row of step t comes a step later.
    """

    name = "oscillation"
    summary = "how far the weights are from the middle of their oscillation, along the top eigenvectors"
    needs = ("hessian",)
    every_step = True
    keeps = 2

    @classmethod
    def table(cls, scope: Scope) -> Table:
        meaning = "qᵀ(θ_t − midpoint), q each top eigenvector with its sign kept"
        return Table(
            "oscillation",
            "how far θ_t is from the midpoint (θ_{t−1} + 2θ_t + θ_{t+1})/4 along the eigenvectors measured last",
            (STEP, Column("oscillation", meaning, width=scope.measuring.eigs)),
        ).with_charts(
            LineChart(
                "oscillation",
                "Oscillation",
                "qᵀ(θ_t − (θ_{t−1} + 2θ_t + θ_{t+1})/4) along q1, q2, …, the top eigenvectors measured last",
                (
                    Line(
                        "delta",
                        "δ",
                        "second",
                        table="self_stabilization",
                        sparse=True,
                        meaning="; δ, the size that self-stabilization predicts",
                    ),
                    Line("oscillation", "q", "third"),
                ),
                symmetric=True,
            )
        )

    @classmethod
    def work(cls, scope: Scope) -> Work:
        return Work()

    def __init__(self, scope: Scope) -> None:
        self._count = scope.measuring.eigs
        self._step = -1
        self._theta: Tensor | None = None
        self._move: Tensor | None = None
        self._vectors: Tensor | None = None

    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any] | None:
        """The row of the step before: x (k,), NaN past the number of weights.

        None where an eigenvector or one of the three θ is missing.
        """
        last = self._theta if point.step == self._step + 1 else None
        theta = point.theta.clone()  # the update will change it in place
        move = None if last is None else theta - last
        row = None
        if move is not None and self._move is not None and self._vectors is not None:
            # x follows from the two moves. Products with the weights themselves would lose digits.
            along = (self._vectors.T @ (self._move - move) / 4).tolist()
            row = {"step": self._step, "oscillation": along + [math.nan] * (self._count - len(along))}
        self._step, self._theta, self._move = point.step, theta, move
        newest = found.newest("hessian")
        if newest is not None:
            self._vectors = newest.pairs.vectors[:, : self._count]
        return row

    def state_dict(self) -> State:
        return {"step": self._step, "theta": self._theta, "move": self._move, "vectors": self._vectors}

    def load_state_dict(self, state: State) -> None:
        self._step, self._theta = state["step"], state["theta"]
        self._move, self._vectors = state["move"], state["vectors"]
