"""α, β and δ of self-stabilization against finite differences of the Hessian."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from eostui.curvature.estimates.self_stabilization import stabilization
from eostui.curvature.operators.hessian import HessianOperator
from eostui.objective.objective import Objective
from tests.curvature.cases import CASES, Case
from tests.curvature.operators.test_operators import dense_hessian

SOME = [CASES[index] for index in (0, 1, 3, 11)]


def slope_of_curvature(objective: Objective, theta: Tensor, u: Tensor) -> Tensor:
    """∇(uᵀH(θ)u) with u fixed, by central differences."""
    h = 1e-4

    def curvature(at: Tensor) -> Tensor:
        return u @ (HessianOperator(objective, at) @ u)

    unit_vectors = torch.eye(len(theta), dtype=theta.dtype)
    return torch.stack([(curvature(theta + h * e) - curvature(theta - h * e)) / (2 * h) for e in unit_vectors])


def top_eigenvector(objective: Objective) -> Tensor:
    vectors: Tensor = torch.linalg.eigh(dense_hessian(objective)).eigenvectors
    return vectors[:, -1]


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
def test_every_number_is_that_of_finite_differences_of_the_hessian(case: Case) -> None:
    objective = case.objective(examples=6)
    theta, lr = objective.parameters(), 0.3
    u = top_eigenvector(objective)
    slope = slope_of_curvature(objective, theta, u)
    gradient = objective.gradient(theta).gradient
    across = slope - u * (u @ slope)
    alpha, beta = float(-gradient @ across), float(across @ across)

    found = stabilization(HessianOperator(objective, theta), u, lr)
    assert found.alpha == pytest.approx(alpha, rel=1e-5)
    assert found.beta == pytest.approx(beta, rel=1e-5)
    assert found.gradient_norm == pytest.approx(float(slope.norm()), rel=1e-5)
    if alpha > 0:
        assert found.delta == pytest.approx(math.sqrt(2 * alpha / beta), rel=1e-5)
        assert found.period == pytest.approx(2 * math.pi / (lr * math.sqrt(2 * alpha)), rel=1e-5)
    else:
        assert math.isnan(found.delta)
        assert math.isnan(found.period)


def test_the_sign_of_the_eigenvector_does_not_matter_and_physical_batches_do_not() -> None:
    whole, parts = CASES[1].objective(), CASES[1].objective(physical_batch=4)
    theta = whole.parameters()
    u = top_eigenvector(whole)
    first = stabilization(HessianOperator(whole, theta), u, 0.3)
    second = stabilization(HessianOperator(parts, theta), -u, 0.3)
    assert first.alpha == pytest.approx(second.alpha, rel=1e-9)
    assert first.beta == pytest.approx(second.beta, rel=1e-9)


class Valley(nn.Module):
    """½(s + cy)x² + by: curvature s + cy across a valley along which the loss falls by b."""

    def __init__(self, x: float, y: float) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.tensor([x, y], dtype=torch.float64))

    def forward(self, coefficients: Tensor) -> Tensor:
        s, c, b = coefficients.unbind(1)
        x, y = self.weights
        loss: Tensor = 0.5 * (s + c * y) * x**2 + b * y
        return loss


def valley(c: float, b: float) -> HessianOperator:
    coefficients = torch.tensor([[10.0, c, b]], dtype=torch.float64)
    objective = Objective(Valley(0.0, 0.0), lambda out, _: out.mean(), coefficients, torch.zeros(1))
    return HessianOperator(objective, objective.parameters())


ACROSS = torch.tensor([1.0, 0.0], dtype=torch.float64)


def test_in_a_valley_that_narrows_downhill_all_is_known_by_hand() -> None:
    found = stabilization(valley(c=2.0, b=-3.0), ACROSS, 0.1)
    assert found.alpha == pytest.approx(6)  # 3 along y, times ∂S/∂y = 2
    assert found.beta == pytest.approx(4)
    assert found.gradient_norm == pytest.approx(2)
    assert found.delta == pytest.approx(math.sqrt(3))
    assert found.period == pytest.approx(2 * math.pi / (0.1 * math.sqrt(12)))


def test_where_the_sharpness_falls_downhill_there_is_no_cycle() -> None:
    found = stabilization(valley(c=2.0, b=3.0), ACROSS, 0.1)
    assert found.alpha == pytest.approx(-6)
    assert math.isnan(found.delta)
    assert math.isnan(found.period)


def test_on_a_quadratic_nothing_sharpens_and_nothing_returns() -> None:
    found = stabilization(valley(c=0.0, b=-3.0), ACROSS, 0.1)
    assert (found.alpha, found.beta, found.gradient_norm) == (0, 0, 0)
    assert math.isnan(found.delta)
    assert found.period == math.inf


def test_on_a_level_floor_the_predicted_oscillation_is_none() -> None:
    found = stabilization(valley(c=2.0, b=0.0), ACROSS, 0.1)
    assert found.delta == 0
    assert found.period == math.inf


def test_what_is_not_finite_is_nan_throughout() -> None:
    found = stabilization(valley(c=2.0, b=math.nan), ACROSS, 0.1)
    assert math.isnan(found.alpha)
    assert math.isnan(found.delta)
    assert math.isnan(found.period)
