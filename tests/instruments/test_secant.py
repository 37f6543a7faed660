"""The readings of every step, beside plain loops in float64, and at the edge of a network on digits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from eostui.curvature.estimates.secant import Secant
from eostui.dynamics.optimizers import OPTIMIZERS, make_optimizer
from eostui.instruments.secant import CurvatureOfStep
from eostui.objective.objective import Objective
from eostui.problems.data.digits import load
from tests.dynamics.net_n import net_n, plain_loss
from tests.instruments.runs import Run, scope, small_network
from tests.problems.building import to_train_on

STEPS = 60
THRESHOLD = 8

Moves = Iterator[tuple[Tensor, Tensor]]
"""θ_0, and θ_t with the P of the update that led there."""


def descent(theta: Tensor, lr: float, momentum: float = 0.0) -> Moves:
    """θ ← θ − ηb, b ← μb + g, written out."""
    b, metric = torch.zeros_like(theta), torch.ones_like(theta)
    while True:
        yield theta, metric
        b = momentum * b + torch.func.grad(plain_loss)(theta)
        theta = theta - lr * b


def adam(theta: Tensor, lr: float, beta1: float = 0.9, beta2: float = 0.99, eps: float = 1e-8) -> Moves:
    """Kingma & Ba 2015, written out; P = (1 − β₁ᵗ)(√ν̂ + ε)."""
    m, nu, metric, t = torch.zeros_like(theta), torch.zeros_like(theta), torch.ones_like(theta), 0
    while True:
        yield theta, metric
        g, t = torch.func.grad(plain_loss)(theta), t + 1
        m, nu = beta1 * m + (1 - beta1) * g, beta2 * nu + (1 - beta2) * g**2
        metric = (1 - beta1**t) * ((nu / (1 - beta2**t)).sqrt() + eps)
        theta = theta - lr * m / metric


def formulas(moves: Moves) -> Iterator[dict[str, float]]:
    """The four readings of every step, as they are defined."""
    (theta, _), gradient = next(moves), torch.func.grad(plain_loss)
    for new, metric in moves:
        s, y, g = new - theta, gradient(new) - gradient(theta), gradient(theta)
        rise, square = plain_loss(new) - plain_loss(theta), (metric * s**2).sum()
        yield {
            "secant": float(s @ y / square),
            "secant_norm": float(((y**2 / metric).sum() / square).sqrt()),
            "step_curvature": float(2 * (rise - g @ s) / square),
            "step_threshold": float(-2 * (g @ s) / square),
        }
        theta = new


@pytest.mark.parametrize(
    ("optimizer", "moves", "lr"),
    [
        (torch.optim.SGD, descent, 0.4),
        (partial(torch.optim.SGD, momentum=0.9), partial(descent, momentum=0.9), 0.05),
        (partial(torch.optim.Adam, betas=(0.9, 0.99)), adam, 0.004),
    ],
    ids=["gradient descent", "momentum", "Adam"],
)
def test_every_reading_is_its_formula(
    optimizer: Callable[..., torch.optim.Optimizer], moves: Callable[..., Moves], lr: float
) -> None:
    run = Run(net_n(), lr=lr, optimizer=optimizer)
    instrument = CurvatureOfStep(scope(matrix=run.descent.threshold.matrix))
    rows = [run.measure(instrument, point) for point in run.points(STEPS)]
    assert rows[0] is None
    expected = formulas(moves(net_n().parameters(), lr))
    for row in rows[1:]:
        assert row == pytest.approx(next(expected), rel=1e-6, abs=1e-9)


def test_the_level_of_gradient_descent_is_two_over_the_step_size() -> None:
    run = Run(small_network(), lr=0.3)
    instrument = CurvatureOfStep(scope())
    rows = [run.measure(instrument, point) for point in run.points(20)][1:]
    assert [row["step_threshold"] for row in rows] == pytest.approx([2 / 0.3] * 19)


def test_a_step_that_was_not_seen_has_no_row() -> None:
    run, instrument, rows = Run(small_network(), lr=0.3), CurvatureOfStep(scope()), {}
    for point in run.points(8):
        if point.step == 3:
            continue
        if point.step == 6:
            point.evaluation = None  # a turn that only measures
        rows[point.step] = run.measure(instrument, point)
    assert [step for step, row in rows.items() if row is not None] == [1, 2, 5]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_no_optimizer_changes_the_gradient_that_is_kept(name: str) -> None:
    run = Run(small_network(), lr=0.01)
    run.descent.optimizer = make_optimizer(name, run.descent.theta, lr=0.01, hyperparameters={"weight_decay": 0.1})
    for point in run.points(3):
        assert point.evaluation is not None
        kept, before = point.evaluation.gradient, point.evaluation.gradient.clone()
        run.descent.advance()
        assert torch.equal(kept, before)
        run.descent.evaluate()


@dataclass(frozen=True)
class Edge:
    """A run that comes to its edge: the readings of the steps to 1, 2, …, ‖g‖² before each, and λ₁ at some steps."""

    readings: Mapping[str, np.ndarray]
    squares: np.ndarray
    top: Mapping[int, float]

    def over_top(self, name: str, first: int, last: int) -> np.ndarray:
        """A reading as a share of λ₁, at the steps from `first` to `last` where that was measured."""
        return np.array([self.readings[name][t - 1] / top for t, top in self.top.items() if first <= t <= last])


@pytest.fixture(scope="module")
def edge() -> Edge:
    """64-100-100-10 tanh on 500 digits at η = 2/8: λ₁ crosses 8 at step 320, the loss oscillates from 410 on."""
    images, targets = to_train_on(load(Path(), lambda text, fraction: None))
    torch.manual_seed(0)
    layers = [nn.Flatten(), nn.Linear(64, 100), nn.Tanh(), nn.Linear(100, 100), nn.Tanh(), nn.Linear(100, 10)]

    def loss(outputs: Tensor, classes: Tensor) -> Tensor:
        return 0.5 * (outputs - F.one_hot(classes, 10)).square().sum(1).mean()

    run = Run(Objective(nn.Sequential(*layers), loss, images[:500].float(), targets[:500]), lr=2 / THRESHOLD)
    instrument, rows, squares, top = CurvatureOfStep(scope()), [], [], {}
    for point in run.points(600):
        assert point.evaluation is not None
        rows.append(run.measure(instrument, point))
        squares.append(float(point.evaluation.gradient.norm() ** 2))
        if point.step % 20 == 0:
            run.certify(point, point.hessian, k=1)
            top[point.step] = float(run.pairs("hessian").values[0])
    readings = {name: np.array([row[name] for row in rows[1:]]) for name in Secant._fields}
    return Edge(readings, np.array(squares[:-1]), top)


def test_before_the_edge_a_step_has_no_part_left_along_the_top_eigenvectors(edge: Edge) -> None:
    shares = edge.over_top("secant", 100, 390)
    assert edge.top[380] > THRESHOLD > edge.top[300]
    assert shares.min() > 0.0005
    assert shares.max() < 0.004


def test_at_the_edge_the_secant_is_nearly_the_sharpness(edge: Edge) -> None:
    shares = edge.over_top("secant", 460, 600)
    assert shares.min() > 0.93
    assert shares.max() < 1
    assert (edge.over_top("secant_norm", 460, 600) > shares).all()


def test_at_the_edge_the_weighted_mean_of_the_step_curvature_is_the_threshold(edge: Edge) -> None:
    for start in range(410, 500, 10):
        window = slice(start, start + 100)
        mean = np.average(edge.readings["step_curvature"][window], weights=edge.squares[window])
        assert mean == pytest.approx(THRESHOLD, rel=0.02)
