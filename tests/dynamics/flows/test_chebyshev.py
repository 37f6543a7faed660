"""The integrator: its order, its stability, and what it says of its error."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from eostui.dynamics.flows.chebyshev import chebyshev_step, local_error, stages_for

RATES = torch.linspace(0.0, 38.0, 50, dtype=torch.float64)


def _pendulum(y: Tensor) -> Tensor:
    return torch.stack([y[1], -torch.sin(y[0])])


def _end(h: float, stages: int) -> Tensor:
    y = torch.tensor([1.0, 0.3], dtype=torch.float64)
    for _ in range(round(2 / h)):
        y = chebyshev_step(_pendulum, y, _pendulum(y), h, stages)
    return y


@pytest.mark.parametrize("stages", [2, 3, 6, 13])
def test_it_is_of_second_order(stages: int) -> None:
    true = _end(1 / 2048, 4)
    coarse, fine = ((_end(h, stages) - true).norm() for h in (1 / 16, 1 / 32))
    assert coarse / fine == pytest.approx(4, rel=0.15)


@pytest.mark.parametrize("h", [0.5, 1.0, 4.0, 20.0])
def test_it_is_stable_with_as_many_stages_as_it_asks_for(h: float) -> None:
    """Explicit Euler steps of this length grow by up to |1 − 38h| at each."""
    y = torch.ones(50, dtype=torch.float64)
    for _ in range(60):
        y = chebyshev_step(lambda y: -RATES * y, y, -RATES * y, h, stages_for(h, 38.0))
    assert y.abs().max() <= 1 + 1e-12
    assert y[1:].abs().max() < 0.2 or h < 1


def test_the_stages_grow_as_the_root_of_the_length() -> None:
    assert [stages_for(h, 2.0) for h in (0.1, 10, 40, 160)] == [2, 6, 12, 24]


def test_the_error_is_estimated_to_its_leading_order() -> None:
    y, errors = torch.tensor([1.0, 0.3], dtype=torch.float64), []
    for h in (0.1, 0.05):
        slope = _pendulum(y)
        after = chebyshev_step(_pendulum, y, slope, h, 4)
        true = y.clone()
        for _ in range(64):
            true = chebyshev_step(_pendulum, true, _pendulum(true), h / 64, 4)
        estimate = local_error(y, after, slope, _pendulum(after), h)
        errors.append(float(estimate.norm()))
        assert (after - true).norm() < 4 * estimate.norm()
    assert math.log2(errors[0] / errors[1]) == pytest.approx(3, abs=0.2)
