"""The stability thresholds, found again by bisection on the real torch optimizers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch.optim import SGD, Adam, Optimizer

from eostui.curvature.thresholds import stability_threshold

SETTLING, STEPS = 200, 400


def growth(make: Callable[[list[torch.Tensor]], Optimizer], curvature: float) -> float:
    """|θ| on ½·curvature·θ² after STEPS, by |θ| once the optimizer had settled into its slowest mode."""
    theta = torch.ones((), dtype=torch.float64)
    optimizer = make([theta])
    sizes = []
    for _ in range(STEPS):
        theta.grad = curvature * theta
        optimizer.step()
        sizes.append(abs(float(theta)))
    return sizes[-1] / sizes[SETTLING]


def bisected(make: Callable[[list[torch.Tensor]], Optimizer], low: float, high: float) -> float:
    """The curvature where θ neither grows nor shrinks."""
    while high - low > 1e-7 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if growth(make, middle) > 1 else (middle, high)
    return (low + high) / 2


@pytest.mark.parametrize(
    ("settings", "value", "formula"),
    [
        ({}, 200, "2/η"),
        ({"momentum": 0.9}, 380, "(2+2μ)/η"),
        ({"momentum": 0.9, "dampening": 0.9}, 3800, "(2+2μ)/(η(1−d))"),
        ({"momentum": 0.9, "nesterov": True}, 135.714285714, "(2+2μ)/(η(1+2μ))"),
        ({"weight_decay": 5.0}, 195, "2/η − w"),
        ({"momentum": 0.5, "dampening": 0.25, "weight_decay": 5.0}, 395, "(2+2μ)/(η(1−d)) − w"),
        ({"momentum": 0.9, "nesterov": True, "weight_decay": 5.0}, 130.714285714, "(2+2μ)/(η(1+2μ)) − w"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_sgd_is_stable_exactly_up_to_its_threshold(settings: dict[str, Any], value: float, formula: str) -> None:
    def make(parameters: list[torch.Tensor]) -> SGD:
        return SGD(parameters, lr=0.01, foreach=False, **settings)

    threshold = stability_threshold(make([torch.zeros(())]))
    assert (threshold.operator, threshold.formula) == ("hessian", formula)
    assert threshold.value == pytest.approx(value, rel=1e-9)
    assert bisected(make, 0.8 * value, 1.3 * value) == pytest.approx(threshold.value, rel=1e-6)


def test_dampening_without_momentum_changes_nothing() -> None:
    assert stability_threshold(SGD([torch.zeros(1)], lr=0.01, dampening=0.5)).value == pytest.approx(200)


def test_the_threshold_follows_a_step_size_changed_in_place() -> None:
    optimizer = SGD([torch.zeros(1)], lr=0.01)
    optimizer.param_groups[0]["lr"] = 0.02
    assert stability_threshold(optimizer).value == pytest.approx(100)
    optimizer.param_groups[0]["lr"] = 0.0
    assert stability_threshold(optimizer).value == math.inf


def without_a_threshold() -> Iterator[Optimizer]:
    weights = [torch.zeros(1) for _ in range(2)]
    yield SGD([{"params": weights[:1], "lr": 0.1}, {"params": weights[1:], "lr": 0.2}])
    yield SGD(weights, lr=0.1, maximize=True)
    yield Adam(weights)


@pytest.mark.parametrize("optimizer", without_a_threshold(), ids=["unequal-groups", "ascent", "another-class"])
def test_where_there_is_no_threshold_it_is_nan_and_says_so(optimizer: Optimizer) -> None:
    threshold = stability_threshold(optimizer)
    assert math.isnan(threshold.value)
    assert threshold.formula == "n/a"


def test_equal_parameter_groups_have_the_threshold_of_one() -> None:
    weights = [torch.zeros(1) for _ in range(2)]
    assert stability_threshold(SGD([{"params": [w]} for w in weights], lr=0.1)).value == pytest.approx(20)
