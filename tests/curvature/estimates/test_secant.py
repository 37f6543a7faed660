"""The curvature along a step, beside dense matrices in float64."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from eostui.curvature.estimates.secant import Secant, secant
from eostui.objective.objective import Gradient

SIZE = 7
NOISE = torch.Generator().manual_seed(0)
FACTOR = torch.randn(SIZE, SIZE, generator=NOISE, dtype=torch.float64)
HESSIAN = FACTOR + FACTOR.T
THETA, STEP = torch.randn(2, SIZE, generator=NOISE, dtype=torch.float64)
METRIC = torch.rand(SIZE, generator=NOISE, dtype=torch.float64) + 0.1


def at(theta: Tensor, level: float = 3.0) -> Gradient:
    """level + ½θᵀHθ and its gradient."""
    return Gradient(level + 0.5 * theta @ (HESSIAN @ theta), torch.tensor(math.nan), HESSIAN @ theta)


def test_on_a_quadratic_secant_and_step_curvature_are_the_rayleigh_quotient_of_the_step() -> None:
    found = secant(STEP, at(THETA), at(THETA + STEP))
    quotient = float(STEP @ HESSIAN @ STEP / (STEP @ STEP))
    slope = float(THETA @ HESSIAN @ STEP)
    norm = float((HESSIAN @ STEP).norm() / STEP.norm())
    assert found == pytest.approx(Secant(quotient, norm, quotient, -2 * slope / float(STEP @ STEP)))


@pytest.mark.parametrize("decay", [0.0, 0.7])
def test_in_a_metric_it_is_the_rayleigh_quotient_of_the_preconditioned_matrix(decay: float) -> None:
    found = secant(STEP, at(THETA), at(THETA + STEP), METRIC, decay)
    scale = METRIC.rsqrt()
    matrix = (HESSIAN + decay * torch.eye(SIZE, dtype=torch.float64)) * scale * scale[:, None]
    v = STEP * METRIC.sqrt()
    assert found.secant == pytest.approx(float(v @ matrix @ v / (v @ v)))
    assert found.secant_norm == pytest.approx(float((matrix @ v).norm() / v.norm()))
    assert found.step_curvature == pytest.approx(float(STEP @ HESSIAN @ STEP / (v @ v)))
    assert found.step_threshold == pytest.approx(float(-2 * THETA @ HESSIAN @ STEP / (v @ v)))


def test_the_loss_rises_where_the_step_curvature_is_above_its_threshold() -> None:
    risen = []
    for turn in torch.linspace(0, math.pi, 50, dtype=torch.float64):
        step = turn.cos() * STEP + turn.sin() * STEP.flip(0)
        before, after = at(THETA), at(THETA + step)
        found = secant(step, before, after)
        risen.append(bool(after.loss > before.loss))
        assert (found.step_curvature > found.step_threshold) is risen[-1]
    assert {*risen} == {True, False}


def test_a_step_of_no_length_has_no_curvature() -> None:
    assert all(math.isnan(value) for value in secant(torch.zeros_like(STEP), at(THETA), at(THETA)))


def test_no_step_curvature_where_the_loss_is_too_large_for_its_change() -> None:
    """Of float32, seven digits are there: at 3e7 a change of 1 is lost."""
    before, after = (
        Gradient(*(part.float() for part in (one.loss, one.accuracy, one.gradient)))
        for one in (at(THETA, 3e7), at(THETA + STEP, 3e7))
    )
    found = secant(STEP.float(), before, after)
    assert math.isnan(found.step_curvature)
    assert found.secant == pytest.approx(float(STEP @ HESSIAN @ STEP / (STEP @ STEP)), rel=1e-5)


def test_sums_over_millions_of_weights_keep_their_digits() -> None:
    step, change = torch.rand(2, 4_000_000, generator=NOISE)
    before, after = (Gradient(torch.zeros(()), torch.zeros(()), g) for g in (torch.ones_like(step), 1 + change))
    wide, turn = step.double(), (1 + change).double() - 1
    found = secant(step, before, after)
    assert found.secant == pytest.approx(float(wide @ turn / (wide @ wide)), rel=1e-5)
    assert found.step_threshold == pytest.approx(float(-2 * wide.sum() / (wide @ wide)), rel=1e-5)
