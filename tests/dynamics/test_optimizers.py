"""The named optimizers do what their formulas say."""

from __future__ import annotations

import pytest
import torch

from eostui.dynamics.optimizers import OPTIMIZERS, make_optimizer, set_step_size


def _iterates(name: str, lr: float, steps: int, **hyperparameters: float) -> list[float]:
    """θ_0 … θ_steps of an optimizer on ½·3·θ²."""
    theta = torch.tensor([1.0], dtype=torch.float64)
    optimizer = make_optimizer(name, theta, lr=lr, hyperparameters=hyperparameters)
    values = [theta.item()]
    for _ in range(steps):
        theta.grad = 3 * theta
        optimizer.step()
        values.append(theta.item())
    return values


def test_gd_is_gradient_descent() -> None:
    theta = 1.0
    for value in _iterates("gd", 0.1, 20, momentum=0.9):
        assert value == pytest.approx(theta, rel=1e-12)
        theta -= 0.1 * 3 * theta


def test_momentum_is_heavy_ball_momentum() -> None:
    theta, velocity = 1.0, 0.0
    for value in _iterates("momentum", 0.1, 20, momentum=0.8):
        assert value == pytest.approx(theta, rel=1e-12)
        velocity = 0.8 * velocity + 3 * theta
        theta -= 0.1 * velocity


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_new_step_size_holds_from_the_next_update(name: str) -> None:
    theta = torch.tensor([1.0])
    optimizer = make_optimizer(name, theta, lr=0.1, hyperparameters={})
    set_step_size(optimizer, 0.5)
    theta.grad = torch.tensor([1.0])
    optimizer.step()
    assert theta.item() == pytest.approx(0.5)
