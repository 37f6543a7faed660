"""Stochastic Lanczos quadrature against dense matrices."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from eostui.curvature.estimates.spectral_density import Quadrature, lanczos_quadrature
from eostui.curvature.estimates.trace import random_signs
from eostui.curvature.linear_operator import NonFiniteProduct
from eostui.curvature.operators.hessian import HessianOperator
from tests.curvature.cases import CASES
from tests.curvature.dense import Dense, seeded, with_eigenvalues
from tests.curvature.operators.test_operators import dense_hessian

SIZE = 100
OUTLIERS = torch.cat([torch.tensor([30.0, 20, -5]), torch.linspace(-1, 1, SIZE - 3)])


def moment(density: Quadrature, power: int) -> float:
    """Σ weights·nodes^power."""
    return float(np.nansum(density.weights * density.nodes**power))


def probes(count: int, size: int = SIZE) -> list[Tensor]:
    """The unit vectors that the quadrature draws from the same seed."""
    generator, double = seeded(), torch.float64
    drawn = [random_signs((size,), dtype=double, device=generator.device, generator=generator) for _ in range(count)]
    return [vector / size**0.5 for vector in drawn]


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_moments_up_to_twice_the_steps_less_one_are_those_of_the_probes(steps: int) -> None:
    matrix = with_eigenvalues(OUTLIERS / 30)
    density = lanczos_quadrature(Dense(matrix), probes=3, steps=steps, generator=seeded())
    for power in range(2 * steps):
        powers = torch.linalg.matrix_power(matrix, power)
        expected = np.mean([float(v @ powers @ v) for v in probes(3)])
        assert moment(density, power) == pytest.approx(expected, rel=1e-10, abs=1e-13)
    powers = torch.linalg.matrix_power(matrix, 2 * steps)
    missed = np.mean([float(v @ powers @ v) for v in probes(3)])
    assert moment(density, 2 * steps) != pytest.approx(missed, rel=1e-10)


def test_with_enough_probes_the_density_is_the_histogram_of_the_eigenvalues() -> None:
    matrix = with_eigenvalues(OUTLIERS)
    density = lanczos_quadrature(Dense(matrix), probes=100, steps=20, generator=seeded())
    shares = np.cumsum(density.weights)
    for at in (-2, -0.5, 0, 0.5, 10, 25, 31):
        below = float((at > OUTLIERS).float().mean())
        found = shares[density.nodes < at]
        assert (found[-1] if len(found) else 0) == pytest.approx(below, abs=0.03)


def test_both_ends_of_the_spectrum_are_among_the_nodes() -> None:
    density = lanczos_quadrature(Dense(with_eigenvalues(OUTLIERS)), probes=2, steps=30, generator=seeded())
    for outlier in OUTLIERS[:3].tolist():
        assert np.abs(density.nodes - outlier).min() < 1e-8


@pytest.mark.parametrize("steps", [1, 30])
def test_nodes_ascend_and_weights_add_up_to_one(steps: int) -> None:
    operator = Dense(with_eigenvalues(OUTLIERS))
    density = lanczos_quadrature(operator, probes=2, steps=steps, generator=seeded())
    assert density.nodes.shape == density.weights.shape == (2 * steps,)
    assert density.products == operator.products == 2 * steps
    assert (np.diff(density.nodes) >= 0).all()
    assert (density.weights >= 0).all()
    assert density.weights.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    ("eigenvalues", "space"),
    [
        pytest.param([0.0] * 40, 1, id="zero matrix"),
        pytest.param([-3.0] * 40, 1, id="multiple of the identity"),
        pytest.param([5.0] * 10 + [0.0] * 30, 2, id="projector"),
        pytest.param([1e-12, *[2e-12] * 20, *[-1e-12] * 19], 3, id="nearly zero"),
        pytest.param([2.0, 1.0, -1.0], 3, id="fewer weights than steps"),
        pytest.param([7.0], 1, id="one weight"),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_space_that_ends_early_leaves_nodes_of_no_weight(
    eigenvalues: list[float], space: int, dtype: torch.dtype
) -> None:
    values = torch.tensor(eigenvalues, dtype=torch.float64)
    density = lanczos_quadrature(Dense(with_eigenvalues(values).to(dtype)), probes=2, steps=12, generator=seeded())
    real = density.weights > 1e-6
    assert density.weights.sum() == pytest.approx(1, abs=1e-6)
    unused = np.isnan(density.nodes)
    assert unused.any()
    assert (density.weights[unused] == 0).all()
    assert not unused[: int((~unused).sum())].any()
    scale = max(map(abs, eigenvalues)) or 1.0
    assert len(np.unique(np.round(density.nodes[real] / scale, 4))) == space
    nearest = np.abs(density.nodes[real][:, None] - np.array(eigenvalues)).min(axis=1)
    assert (nearest <= 1e-5 * scale).all()


def test_the_density_of_a_hessian_has_the_moments_of_the_dense_one() -> None:
    objective = CASES[1].objective(physical_batch=4)
    dense = dense_hessian(objective)
    with HessianOperator(objective, objective.parameters()) as hessian:
        density = lanczos_quadrature(hessian, probes=2, steps=4, generator=seeded())
    for power in range(8):
        powers = torch.linalg.matrix_power(dense, power)
        expected = np.mean([float(v @ powers @ v) for v in probes(2, objective.size)])
        assert moment(density, power) == pytest.approx(expected, rel=1e-8)


def test_a_seed_gives_the_same_density_again() -> None:
    operator = Dense(with_eigenvalues(OUTLIERS))
    first, second = (lanczos_quadrature(operator, probes=2, steps=4, generator=seeded(5)) for _ in range(2))
    np.testing.assert_array_equal(first.nodes, second.nodes)


def test_a_measurement_can_be_watched_and_abandoned() -> None:
    class Abandoned(Exception):
        pass

    done: list[int] = []

    def on_product(products: int) -> None:
        done.append(products)
        if products == 5:
            raise Abandoned

    with pytest.raises(Abandoned):
        lanczos_quadrature(Dense(with_eigenvalues(OUTLIERS)), probes=2, steps=4, on_product=on_product)
    assert done == [0, 1, 2, 3, 4, 5]


def test_a_matrix_that_is_not_finite_is_said_to_be_so() -> None:
    matrix = with_eigenvalues(OUTLIERS)
    matrix[0, 0] = math.inf
    with pytest.raises(NonFiniteProduct, match="step 1 is not finite"):
        lanczos_quadrature(Dense(matrix), probes=2, steps=4)


def test_no_probes_or_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1, not 0 and 4"):
        lanczos_quadrature(Dense(with_eigenvalues(OUTLIERS)), probes=0, steps=4)
