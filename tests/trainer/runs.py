"""Runs of a few weights, stepped by hand, for the tests of instruments."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from eostui.config import RunConfig
from eostui.curvature.eigen.eigensolver import Start, top_eigenpairs
from eostui.curvature.eigen.search import Wanted
from eostui.curvature.linear_operator import LinearOperator
from eostui.curvature.operators.hessian import HessianOperator
from eostui.objective.objective import Objective
from eostui.store.events import Happening
from eostui.trainer.moment import Measured, Moment


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
    """An optimizer at work on an objective; a moment before each update."""

    def __init__(
        self,
        objective: Objective,
        lr: float,
        *,
        optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.SGD,
    ) -> None:
        self.objective = objective
        self.theta = objective.parameters()
        self.optimizer = optimizer([self.theta], lr=lr)
        self.spectra: dict[str, Measured] = {}
        self.reports: list[str] = []
        self.notes: list[Happening | str] = []

    def moments(self, steps: int) -> Iterator[Moment]:
        """θ is updated in place after each, as the trainer does."""
        for step in range(steps):
            with HessianOperator(self.objective, self.theta) as hessian:
                yield self.moment(step, hessian)
            self.theta.grad = self.objective.gradient(self.theta).gradient
            self.optimizer.step()

    def moment(self, step: int, hessian: HessianOperator) -> Moment:
        return Moment(
            step=step,
            theta=self.theta,
            objective=self.objective,
            curvature=self.objective,
            hessian=hessian,
            spectra=self.spectra,
            test=None,
            classes=False,
            optimizer=self.optimizer,
            lr=self.optimizer.param_groups[0]["lr"],
            elapsed=float(step),
            measuring=0.0,
            note=self.notes.append,
            compile_products=lambda: self.notes.append("compile"),
            report=lambda text, fraction: self.reports.append(text),
        )

    def certify(self, moment: Moment, matrix: LinearOperator, *, k: int = 2, table: str = "hessian") -> None:
        """What the instrument of a spectrum leaves for the others."""
        start = self.spectra[table].pairs.subspace if table in self.spectra else None
        generator = torch.Generator().manual_seed(0)
        pairs = top_eigenpairs(matrix, Wanted(k, tol=1e-9), start=Start(start), generator=generator)
        self.spectra[table] = Measured(moment.step, pairs)


def dense(operator: LinearOperator) -> Tensor:
    return operator @ torch.eye(operator.size, dtype=operator.dtype)
