"""Adaptive optimizers on a real network with real data go to their thresholds and stay there."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from eostui.curvature.operators.hessian import HessianOperator
from eostui.dynamics.optimizers import make_optimizer
from eostui.dynamics.preconditioner import preconditioner
from eostui.dynamics.thresholds import stability_threshold
from eostui.objective.objective import Objective
from eostui.problems.data.digits import load
from tests.problems.building import to_train_on

ARRIVED, END, EVERY = 280, 500, 40


def half_squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    return 0.5 * (outputs - F.one_hot(targets, 10)).square().sum(1).mean()


def small_network() -> Objective:
    """16-10-10-10 tanh on 300 digits at half their resolution."""
    images, targets = to_train_on(load(Path(), lambda text, fraction: None))
    inputs = F.avg_pool2d(images[:300].double(), 2).flatten(1)
    torch.manual_seed(0)
    sizes = [nn.Linear(16, 10), nn.Tanh(), nn.Linear(10, 10), nn.Tanh(), nn.Linear(10, 10)]
    return Objective(
        nn.Sequential(*sizes).double(), half_squared_error, (inputs - inputs.mean()) / inputs.std(), targets[:300]
    )


@pytest.mark.parametrize(
    ("name", "lr"),
    [("adam", 2e-2), ("nadam", 1e-2), ("rmsprop", 3e-3), ("scalar-rmsprop", 5e-2), ("adagrad", 1e-1)],
)
def test_the_top_eigenvalue_of_the_dense_preconditioned_hessian_hovers_at_the_threshold(name: str, lr: float) -> None:
    objective = small_network()
    theta, eye = objective.parameters(), torch.eye(objective.size, dtype=torch.float64)
    optimizer = make_optimizer(name, theta, lr=lr, hyperparameters={})
    ratios = []
    for step in range(END):
        if step >= ARRIVED and step % EVERY == 0:
            with HessianOperator(objective, theta) as operator:
                hessian = operator @ eye
            p = preconditioner(optimizer, [theta])
            assert p is not None
            top = torch.linalg.eigvalsh(hessian * p.rsqrt() * p.rsqrt()[:, None])[-1]
            ratios.append(float(top) / stability_threshold(optimizer).value)
        theta.grad = objective.gradient(theta).gradient
        optimizer.step()
    assert sum(ratios) / len(ratios) == pytest.approx(1, abs=0.12)
    assert min(ratios) > 0.75
