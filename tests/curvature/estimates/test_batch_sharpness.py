"""The batch sharpness against dense matrices of the same batches."""

from __future__ import annotations

import math
from statistics import fmean, stdev

import pytest
import torch
from torch import nn

from eostui.curvature.estimates.batch_sharpness import mean_batch_sharpness
from eostui.curvature.estimates.directional import directional_curvature
from eostui.curvature.operators.hessian import HessianOperator
from eostui.objective.objective import Objective
from tests.curvature.cases import CASES, Case, half_squared_error
from tests.curvature.dense import seeded
from tests.curvature.operators.test_operators import dense_hessian


@pytest.mark.parametrize("case", [CASES[1], CASES[9], CASES[10], CASES[11]], ids=lambda case: case.name)
def test_it_is_the_mean_over_the_drawn_batches_of_dense_rayleigh_quotients(case: Case) -> None:
    objective = case.objective()
    theta, generator = objective.parameters(), seeded(2)
    quotients = []
    for _ in range(3):
        batch = objective.select(torch.randperm(objective.examples, generator=generator)[:4])
        g = batch.gradient(theta).gradient
        assert g is not None
        quotients.append(float(g @ dense_hessian(batch) @ g / (g @ g)))
    found = mean_batch_sharpness(objective, theta, 4, batches=3, generator=seeded(2))
    assert found.mean == pytest.approx(fmean(quotients), rel=1e-9)
    assert found.standard_error == pytest.approx(stdev(quotients) / math.sqrt(3), rel=1e-9)


def test_on_a_quadratic_its_expectation_is_known_from_all_batches_of_one() -> None:
    torch.manual_seed(0)
    x, y = torch.randn(12, 3, dtype=torch.float64), torch.randn(12, 1, dtype=torch.float64)
    objective = Objective(nn.Linear(3, 1, bias=False).double(), half_squared_error, x, y)
    # For one example H = xxᵀ and g is along x.
    expected = float(x.square().sum(1).mean())
    found = mean_batch_sharpness(objective, objective.parameters(), 1, batches=400, generator=seeded())
    assert found.mean == pytest.approx(expected, abs=4 * found.standard_error)
    assert found.standard_error < 0.1 * expected


def test_small_batches_see_more_curvature_than_the_whole_set() -> None:
    objective = CASES[0].objective(examples=60)
    theta = objective.parameters()
    means = [mean_batch_sharpness(objective, theta, size, batches=40, generator=seeded()).mean for size in (1, 60)]
    assert means[0] > means[1]


def test_batches_of_all_examples_are_all_the_same() -> None:
    objective = CASES[1].objective(physical_batch=4)
    theta = objective.parameters()
    whole = float(directional_curvature(HessianOperator(objective, theta)))
    for size in (10, 1000):
        found = mean_batch_sharpness(objective, theta, size, batches=3)
        assert found.mean == pytest.approx(whole)
        assert found.standard_error == pytest.approx(0, abs=1e-12)


def test_physical_batches_do_not_change_it() -> None:
    found = [
        mean_batch_sharpness(objective, objective.parameters(), 5, batches=3, generator=seeded())
        for objective in (CASES[1].objective(), CASES[1].objective(physical_batch=2))
    ]
    assert found[0].mean == pytest.approx(found[1].mean, rel=1e-10)


def test_a_seed_draws_the_same_batches_again() -> None:
    objective = CASES[1].objective()
    theta = objective.parameters()
    first, again, other = (mean_batch_sharpness(objective, theta, 3, batches=2, generator=seeded(s)) for s in (1, 1, 2))
    assert first == again != other


def test_one_batch_has_no_standard_error() -> None:
    objective = CASES[1].objective()
    assert math.isnan(mean_batch_sharpness(objective, objective.parameters(), 3, batches=1).standard_error)


def test_an_empty_batch_is_refused() -> None:
    objective = CASES[1].objective()
    with pytest.raises(ValueError, match="at least 1, not 0 and 16"):
        mean_batch_sharpness(objective, objective.parameters(), 0, batches=16)


def test_a_batch_without_gradient_leaves_the_mean_unknown() -> None:
    objective = Objective(nn.Linear(1, 1), lambda z, y: (0 * z).mean(), torch.randn(4, 1), torch.zeros(4, 1))
    found = mean_batch_sharpness(objective, objective.parameters(), 2, batches=3)
    assert math.isnan(found.mean)
    assert math.isnan(found.standard_error)
