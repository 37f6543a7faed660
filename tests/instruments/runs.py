"""Runs of a few weights, stepped by hand, for the tests of instruments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from eostui.config import Measuring, RunConfig
from eostui.curvature.eigen.eigensolver import Eigenpairs, Start, top_eigenpairs
from eostui.curvature.eigen.search import Wanted
from eostui.curvature.linear_operator import LinearOperator
from eostui.curvature.operators.hessian import HessianOperator
from eostui.curvature.products import AUTOGRAD, Products
from eostui.dynamics.descent import Descent
from eostui.instruments.base.found import Found
from eostui.instruments.base.instrument import Instrument
from eostui.instruments.base.point import Point
from eostui.instruments.base.scope import Scope
from eostui.objective.objective import Objective
from eostui.store.events import Happening


def config(**settings: object) -> RunConfig:
    values = {"arch": "fc-tanh", "data": "digits", "loss": "mse", "lr": 0.1, "track": ()}
    return RunConfig.of(**{**values, **settings})


def half_squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    return 0.5 * (outputs - targets).square().sum(1).mean()


def small_network(*, seed: int = 0) -> Objective:
    """Regression of a one-layer teacher: 4-8-2 tanh in float64, which sharpens up to the edge at η ≈ 1."""
    torch.manual_seed(seed)
    teacher = nn.Sequential(nn.Linear(4, 2), nn.Tanh()).double()
    x = torch.randn(24, 4, dtype=torch.float64)
    with torch.no_grad():
        y = 2 * teacher(3 * x)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2)).double()
    return Objective(model, half_squared_error, x, y)


class Bowl(nn.Module):
    """½θᵀAθ, the same for every example."""

    def __init__(self, matrix: Tensor, theta: Tensor) -> None:
        super().__init__()
        self.theta = nn.Parameter(theta)
        self.register_buffer("matrix", matrix)

    def forward(self, x: Tensor) -> Tensor:
        matrix: Tensor = self.matrix  # type: ignore[assignment]
        return 0.5 * (self.theta @ (matrix @ self.theta)).expand(len(x))


def quadratic(matrix: Tensor, theta: Tensor) -> Objective:
    return Objective(Bowl(matrix, theta), lambda out, _: out.mean(), torch.zeros(2, 1), torch.zeros(2))


class Run:
    """An optimizer at work on an objective; a point before each update. It hears what instruments say."""

    def __init__(
        self,
        objective: Objective,
        lr: float,
        *,
        optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.SGD,
    ) -> None:
        self.objective = objective
        theta = objective.parameters()
        self.descent = Descent(objective, optimizer([theta], lr=lr), theta)
        self.found = Found()
        self.reports: list[str] = []
        self.events: list[Happening] = []

    def points(self, steps: int) -> Iterator[Point]:
        """θ is updated in place after each, as the trainer does."""
        for step in range(steps):
            with self.point(step) as point:
                point.evaluation = self.descent.evaluate()
                yield point
            self.descent.advance()

    def point(self, step: int, hessian: HessianOperator | None = None) -> Point:
        """The point at the present weights, or at those of another Hessian."""
        descent = self.descent
        return Point(
            step=step,
            theta=descent.theta if hessian is None else hessian.theta,
            lr=descent.lr,
            objective=self.objective,
            curvature=self.objective,
            threshold=descent.threshold,
            preconditioner=descent.preconditioner,
            optimizer=descent.optimizer,
            time=descent.time,
            products=AUTOGRAD if hessian is None else Given(hessian),
            elapsed=float(step),
        )

    def measure(self, instrument: Instrument, point: Point) -> Any:
        """A row of an instrument, or None."""
        return instrument.measure(point, self.found, self)

    def certify(self, point: Point, matrix: LinearOperator, *, k: int = 2, table: str = "hessian") -> None:
        """What the instrument of a spectrum leaves for the others."""
        newest = self.found.newest(table)
        start = None if newest is None else newest.pairs.subspace
        generator = torch.Generator().manual_seed(0)
        pairs = top_eigenpairs(matrix, Wanted(k, tol=1e-9), start=Start(start), generator=generator)
        self.found.add(table, point.step, pairs)

    def pairs(self, table: str) -> Eigenpairs:
        """The newest eigenpairs of a matrix."""
        newest = self.found.newest(table)
        assert newest is not None
        return newest.pairs

    def event(self, happening: Happening) -> None:
        self.events.append(happening)

    def progress(self, text: str, fraction: float | None = None) -> None:
        self.reports.append(text)


class Given(Products):
    """Gives a Hessian that a test has made."""

    def __init__(self, hessian: HessianOperator) -> None:
        object.__setattr__(self, "given", hessian)

    def hessian(self, *_: object, **__: object) -> HessianOperator:
        given: HessianOperator = self.__dict__["given"]
        return given


def scope(**settings: Any) -> Scope:
    """The scope of a run on all examples, of instruments that are told `settings` of theirs."""
    known = {name: settings.pop(name) for name in ("seed", "matrix", "batch_size", "training") if name in settings}
    return Scope(Measuring(track=(), **settings), **known)


def dense(operator: LinearOperator) -> Tensor:
    return operator @ torch.eye(operator.size, dtype=operator.dtype)
