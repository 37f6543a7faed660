"""The curvature along the gradient against dense matrices, and on orbits that are known exactly."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from eostui.curvature.estimates.directional import POINTS, directional_curvature, largest_smoothness
from eostui.curvature.operators.hessian import HessianOperator
from eostui.objective.listener import Listener
from eostui.objective.objective import Objective
from tests.curvature.cases import CASES, Case
from tests.curvature.operators.test_operators import dense_hessian

SOME = [CASES[index] for index in (0, 1, 7, 9, 11)]


class OneWeight(nn.Module):
    """f(x; w) = c₂w² + c₃w³ + c₄w⁴ with the coefficients c as the input."""

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight, dtype=torch.float64))

    def forward(self, coefficients: Tensor) -> Tensor:
        return coefficients @ torch.stack([self.weight**2, self.weight**3, self.weight**4])


def polynomial(weight: float, coefficients: tuple[float, float, float]) -> HessianOperator:
    """The Hessian of c₂w² + c₃w³ + c₄w⁴ at `weight`."""
    inputs = torch.tensor([coefficients], dtype=torch.float64)
    objective = Objective(OneWeight(weight), lambda out, _: out.mean(), inputs, torch.zeros(1))
    return HessianOperator(objective, objective.parameters())


def slope(weight: float, coefficients: tuple[float, float, float]) -> float:
    return sum(power * c * weight ** (power - 1) for power, c in zip((2, 3, 4), coefficients, strict=True))


def orbit(coefficients: tuple[float, float, float], lr: float, low: float, high: float) -> tuple[float, float]:
    """The two points of a period-2 orbit of gradient descent, by bisection for the first in [low, high]."""

    def step(weight: float) -> float:
        return weight - lr * slope(weight, coefficients)

    def missed(weight: float) -> float:
        return step(step(weight)) - weight

    assert missed(low) * missed(high) < 0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if missed(low) * missed(middle) > 0 else (low, middle)
    return low, step(low)


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
def test_the_directional_curvature_is_that_of_the_dense_hessian(case: Case) -> None:
    objective = case.objective(physical_batch=4)
    theta = objective.parameters()
    g = objective.gradient(theta).gradient
    assert g is not None
    expected = g @ dense_hessian(objective) @ g / (g @ g)
    torch.testing.assert_close(directional_curvature(HessianOperator(objective, theta)), expected)


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
def test_the_effective_smoothness_is_the_largest_of_eight_quotients(case: Case) -> None:
    objective = case.objective(physical_batch=4)
    theta, lr = objective.parameters(), 0.7

    def gradient(at: Tensor) -> Tensor:
        return objective.gradient(at).gradient

    g = gradient(theta)
    alphas = [lr / 8, lr / 4, 3 * lr / 8, lr / 2, 5 * lr / 8, 3 * lr / 4, 7 * lr / 8, lr]
    quotients = [float((g - gradient(theta - alpha * g)).norm() / (alpha * g.norm())) for alpha in alphas]
    found = largest_smoothness(HessianOperator(objective, theta), lr)
    assert float(found) == pytest.approx(max(quotients), rel=1e-12)


def test_for_small_steps_the_effective_smoothness_is_the_hessian_along_the_gradient() -> None:
    objective = CASES[1].objective()
    theta = objective.parameters()
    g = objective.gradient(theta).gradient
    assert g is not None
    expected = (dense_hessian(objective) @ g).norm() / g.norm()
    found = largest_smoothness(HessianOperator(objective, theta), 1e-6)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=0)


def test_on_an_orbit_of_period_two_along_which_curvature_rises_it_is_two_over_the_step_size() -> None:
    coefficients, lr = (0.5, -0.3, 0.05), 2.2
    flat, sharp = sorted(orbit(coefficients, lr, 0.01, 1.0), reverse=True)
    assert flat - sharp > 0.1
    assert float(largest_smoothness(polynomial(flat, coefficients), lr)) == pytest.approx(2 / lr, rel=1e-10)
    # From the other end the curvature falls, and a shorter step meets more of it.
    assert float(largest_smoothness(polynomial(sharp, coefficients), lr)) > 2 / lr


@pytest.mark.parametrize("excess", [1e-2, 1e-4])
def test_on_a_small_orbit_of_a_quartic_the_effective_smoothness_is_two_over_the_step_size(excess: float) -> None:
    coefficients, lr = (0.5, 0.0, 0.25), 2 - 2 * excess
    # L = ½w² + ¼w⁴ flips its sign at every step where 1 + w² = 2/η.
    weight = math.sqrt(2 / lr - 1)
    found = float(largest_smoothness(polynomial(weight, coefficients), lr))
    assert 2 / lr <= found <= (2 / lr) * (1 + 3 * excess)


def test_on_a_quadratic_all_of_them_are_the_curvature() -> None:
    hessian = polynomial(3.0, (2.5, 0.0, 0.0))
    assert float(directional_curvature(hessian)) == pytest.approx(5)
    assert float(largest_smoothness(hessian, 0.1)) == pytest.approx(5)


def test_a_zero_gradient_has_no_direction() -> None:
    hessian = polynomial(0.0, (1.0, 0.0, 0.0))
    assert math.isnan(directional_curvature(hessian))
    assert math.isnan(largest_smoothness(hessian, 0.1))


def test_a_tiny_gradient_in_float32_still_has_one() -> None:
    inputs = torch.tensor([[1.0, 0.0, 0.0]])
    objective = Objective(OneWeight(1e-25).float(), lambda out, _: out.mean(), inputs, torch.zeros(1))
    assert float(directional_curvature(HessianOperator(objective, objective.parameters()))) == pytest.approx(2)


def test_a_point_where_the_gradient_overflows_makes_it_unknown() -> None:
    assert not math.isfinite(largest_smoothness(polynomial(1e150, (0.0, 0.0, 1.0)), 1.0))


def test_the_effective_smoothness_takes_one_gradient_a_point() -> None:
    listener = Listener()
    objective = CASES[0].objective(on_batch=listener)
    passes: list[int] = []
    hessian = HessianOperator(objective, objective.parameters())
    hessian.gradient()
    listener.target = lambda done, total: passes.append(done)
    largest_smoothness(hessian, 0.1)
    assert len(passes) == POINTS
