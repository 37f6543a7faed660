"""The trace by Hutch++ against dense matrices."""

from __future__ import annotations

import math
from statistics import fmean, stdev

import pytest
import torch

from eostui.curvature.estimates.trace import hutch_plus_plus
from eostui.curvature.linear_operator import NonFiniteProduct
from eostui.curvature.operators.hessian import HessianOperator
from tests.curvature.cases import CASES, Case
from tests.curvature.dense import Dense, seeded, with_eigenvalues
from tests.curvature.operators.test_operators import dense_hessian

DECAYING = 100 * 0.9 ** torch.arange(120.0) - 0.2


@pytest.mark.parametrize("products", [1, 2, 3, 4, 5, 6, 29, 30, 31, 119, 120, 121])
def test_never_more_products_are_made_than_asked_for(products: int) -> None:
    operator = Dense(with_eigenvalues(DECAYING))
    found = hutch_plus_plus(operator, products, generator=seeded())
    assert found.products == operator.products == min(products, 120)


def test_a_trace_is_exact_where_there_are_products_for_every_unit_vector() -> None:
    matrix = with_eigenvalues(DECAYING[:30])
    found = hutch_plus_plus(Dense(matrix), 30)
    assert found.trace == pytest.approx(float(matrix.trace()), rel=1e-12)
    assert found.standard_error == 0


@pytest.mark.parametrize("rank", [0, 1, 4, 10])
def test_a_trace_is_exact_where_the_rank_is_at_most_a_third_of_the_products(rank: int) -> None:
    eigenvalues = torch.zeros(120, dtype=torch.float64)
    eigenvalues[:rank] = torch.tensor([-50.0, 30, 7, 3, 2, -2, 1, 0.5, 0.25, 0.125])[:rank]
    found = hutch_plus_plus(Dense(with_eigenvalues(eigenvalues)), 30, generator=seeded())
    assert found.trace == pytest.approx(float(eigenvalues.sum()), abs=1e-10)
    assert found.standard_error == pytest.approx(0, abs=1e-10)


def test_over_many_seeds_the_estimate_is_unbiased_and_its_standard_error_right() -> None:
    operator = Dense(with_eigenvalues(DECAYING))
    found = [hutch_plus_plus(operator, 30, generator=seeded(seed)) for seed in range(300)]
    spread = stdev(estimate.trace for estimate in found)
    assert fmean(estimate.trace for estimate in found) == pytest.approx(
        float(DECAYING.sum()), abs=4 * spread / 300**0.5
    )
    # Mean squares: a root is not unbiased.
    claimed = math.sqrt(fmean(estimate.standard_error**2 for estimate in found))
    assert claimed == pytest.approx(spread, rel=0.15)


def test_a_few_large_eigenvalues_do_not_add_to_the_variance() -> None:
    bulk = torch.linspace(-1, 1, 116)
    outliers = torch.tensor([1000.0, 500, 300, 200])
    alone, with_outliers = (
        stdev(hutch_plus_plus(Dense(with_eigenvalues(values)), 30, generator=seeded(seed)).trace for seed in range(40))
        for values in (torch.cat([torch.zeros(4), bulk]), torch.cat([outliers, bulk]))
    )
    assert with_outliers == pytest.approx(alone, rel=0.5)
    assert with_outliers < 10


def test_a_seed_gives_the_same_estimate_again() -> None:
    operator = Dense(with_eigenvalues(DECAYING))
    first, second, other = (hutch_plus_plus(operator, 30, generator=seeded(seed)).trace for seed in (3, 3, 4))
    assert first == second != other


@pytest.mark.parametrize("products", [1, 3])
def test_one_sample_has_no_standard_error(products: int) -> None:
    assert math.isnan(hutch_plus_plus(Dense(with_eigenvalues(DECAYING)), products).standard_error)


@pytest.mark.parametrize("case", [CASES[1], CASES[9]], ids=lambda case: case.name)
def test_the_trace_of_a_hessian_is_within_its_errors(case: Case) -> None:
    objective = case.objective(physical_batch=4)
    exact = float(dense_hessian(objective).trace())
    with HessianOperator(objective, objective.parameters()) as hessian:
        assert hutch_plus_plus(hessian, objective.size).trace == pytest.approx(exact, rel=1e-9)
        found = hutch_plus_plus(hessian, 30, generator=seeded())
    assert found.trace == pytest.approx(exact, abs=4 * found.standard_error)


def test_a_matrix_that_is_not_finite_is_said_to_be_so() -> None:
    matrix = with_eigenvalues(DECAYING)
    matrix[3, 3] = math.nan
    with pytest.raises(NonFiniteProduct, match="not finite"):
        hutch_plus_plus(Dense(matrix), 30)


def test_no_product_is_no_trace() -> None:
    with pytest.raises(ValueError, match="at least 1 product, not 0"):
        hutch_plus_plus(Dense(with_eigenvalues(DECAYING)), 0)
