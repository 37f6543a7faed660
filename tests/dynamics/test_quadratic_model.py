"""The local quadratic model beside figures of Net N, and beside the run itself where the loss is quadratic."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from eostui.curvature.operators.hessian import HessianOperator
from eostui.dynamics.descent import Descent
from eostui.dynamics.optimizers import OPTIMIZERS, make_optimizer
from eostui.dynamics.quadratic_model import Product, QuadraticModel, copy_of
from eostui.objective.objective import Objective
from tests.dynamics.net_n import net_n, plain_loss
from tests.instruments.runs import quadratic

LR = 0.4


def descent_on(objective: Objective, name: str = "gd", lr: float = LR) -> Descent:
    theta = objective.parameters()
    return Descent(objective, make_optimizer(name, theta, lr=lr, hyperparameters={}), theta)


def walk(descent: Descent, steps: int) -> None:
    for _ in range(steps):
        descent.evaluate()
        descent.advance()


def model_of(descent: Descent) -> QuadraticModel:
    def hessian_at(theta: Tensor) -> Product:
        return HessianOperator(descent.objective, theta).__matmul__

    origin = descent.objective.gradient(descent.theta)
    return QuadraticModel(copy_of(descent.optimizer), origin, hessian_at, descent.step)


def advance(model: QuadraticModel, steps: int, lr: float = LR) -> Tensor:
    for _ in range(steps):
        model.evaluate()
        model.advance(lr)
    return model.evaluate()


def test_on_net_n_it_explodes_at_the_edge_and_the_run_does_not() -> None:
    descent = descent_on(net_n())
    walk(descent, 420)
    descent.theta += 0.001 * torch.cos(torch.arange(descent.theta.numel()))
    model = model_of(descent)
    walk(descent, 50)
    assert advance(model, 50).item() == pytest.approx(0.0180974, rel=1e-5)
    assert plain_loss(descent.theta).item() == pytest.approx(0.129446, rel=1e-5)
    walk(descent, 50)
    assert advance(model, 50).item() == pytest.approx(9.62296, rel=1e-5)
    assert plain_loss(descent.theta).item() == pytest.approx(0.0118945, rel=1e-5)
    assert (model.begun, model.step) == (420, 520)
    assert model.distance(descent.theta).item() == pytest.approx((model.theta - descent.theta).norm().item())


def test_before_the_edge_it_follows_the_run() -> None:
    descent = descent_on(net_n())
    walk(descent, 100)
    model = model_of(descent)
    walk(descent, 20)
    assert advance(model, 20).item() == pytest.approx(plain_loss(descent.theta).item(), rel=0.01)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_on_a_quadratic_it_is_the_run_itself(name: str) -> None:
    """A copy that had lost a moment or a count of steps would go another way."""
    axes = torch.diag(torch.tensor([3.0, 1.0, 0.2], dtype=torch.float64))
    descent = descent_on(quadratic(axes, torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)), name, lr=0.05)
    walk(descent, 7)
    model = model_of(descent)
    for _ in range(20):
        loss = model.evaluate().item()
        assert loss == pytest.approx(descent.evaluate().loss.item(), rel=1e-9)
        descent.advance()
        model.advance(0.05)
    assert model.distance(descent.theta).item() < 1e-9


def test_the_optimizer_that_was_copied_stays_as_it_was() -> None:
    descent = descent_on(net_n(), "adam", lr=0.004)
    walk(descent, 5)
    theta, moments = descent.theta.clone(), descent.optimizer.state[descent.theta]["exp_avg"].clone()
    model = model_of(descent)
    advance(model, 5, lr=0.002)
    assert torch.equal(descent.theta, theta)
    assert torch.equal(descent.optimizer.state[descent.theta]["exp_avg"], moments)
    assert descent.lr == 0.004
    assert not torch.equal(model.theta, theta)


def test_a_model_taken_up_goes_on_to_the_bit() -> None:
    descent = descent_on(net_n(), "adam", lr=0.004)
    walk(descent, 30)
    model = model_of(descent)
    advance(model, 10, lr=0.004)
    state = model.state_dict()
    expected = advance(model, 10, lr=0.004)
    other = descent_on(net_n(), "adam", lr=0.1)
    walk(other, 1)
    fresh = model_of(other)
    fresh.load_state_dict(state)
    assert torch.equal(advance(fresh, 10, lr=0.004), expected)
    assert torch.equal(fresh.theta, model.theta)
    assert (fresh.begun, fresh.step) == (30, 50)


def test_an_update_without_a_gradient_is_refused() -> None:
    with pytest.raises(RuntimeError, match="update 0 of the quadratic model has no gradient: call evaluate first"):
        model_of(descent_on(net_n())).advance(LR)
