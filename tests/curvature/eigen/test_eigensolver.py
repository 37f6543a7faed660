"""The eigensolver against dense matrices, and against scipy on a real network with real data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor, nn
from torch.nn import functional as F

import eostui
from eostui.curvature.eigen.eigensolver import Eigenpairs, Start, top_eigenpairs
from eostui.curvature.eigen.search import Budget, SearchProgress, Wanted
from eostui.curvature.linear_operator import NonFiniteProduct
from eostui.curvature.operators.hessian import HessianOperator
from eostui.objective.objective import Objective
from tests.curvature.dense import Dense, seeded

SIZE = 150


class Diagonal(Dense):
    """The same, of a diagonal, for sizes at which a whole matrix is too large."""

    def __matmul__(self, v: Tensor) -> Tensor:
        return self.matrix[:, None] * v


def orthogonal(size: int, seed: int = 0) -> Tensor:
    basis: Tensor = torch.linalg.qr(torch.randn(size, size, dtype=torch.float64, generator=seeded(seed))).Q
    return basis


def with_spectrum(eigenvalues: NDArray[np.float64] | Tensor, basis: Tensor | None = None) -> Tensor:
    basis = orthogonal(len(eigenvalues)) if basis is None else basis
    matrix = (basis * torch.as_tensor(eigenvalues)) @ basis.T
    return (matrix + matrix.T) / 2


def bulk_and(*outliers: float, low: float = -1.0, high: float = 1.0, size: int = SIZE) -> NDArray[np.float64]:
    return np.concatenate([outliers, np.linspace(high, low, size - len(outliers))])


SPECTRA: dict[str, NDArray[np.float64]] = {
    "outliers": bulk_and(10, 7, 5, 4, 3, 2),
    "negative-dominant": bulk_and(3, 2.5, 2, -400, -300, -100),
    "no-gap": np.linspace(0, 1, SIZE),
    "cluster": bulk_and(5, 5 - 1e-5, 5 - 2e-5, 4, 4 - 1e-6),
    "double": bulk_and(5, 5, 3, 3),
    "sixfold": bulk_and(5, 5, 5, 5, 5, 5),
    "near-zero": 1e-12 * bulk_and(10, 7, 5),
    "decaying": np.power(0.8, np.arange(SIZE, dtype=np.float64)),
}


def top(eigenvalues: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    return np.sort(eigenvalues)[::-1][:k]


def assert_honest(pairs: Eigenpairs, matrix: Tensor) -> None:
    """What is reported beside the values is what the matrix itself says."""
    vectors = pairs.vectors.double()
    found = vectors.shape[1]
    values = torch.as_tensor(pairs.values[:found])
    rounding = 30 * torch.finfo(pairs.subspace.dtype).eps * float(torch.linalg.matrix_norm(matrix, 2))
    residuals = (matrix.double() @ vectors - vectors * values).norm(dim=0).numpy()
    np.testing.assert_allclose(pairs.residuals[:found], residuals, atol=rounding)
    np.testing.assert_allclose((vectors.T @ vectors).numpy(), np.eye(found), atol=1e-5)
    exact = np.linalg.eigvalsh(matrix.double().numpy())
    nearest = np.abs(exact[:, None] - pairs.values[:found]).min(axis=0)
    assert (nearest <= pairs.residuals[:found] + rounding).all()


@pytest.mark.parametrize("k", range(1, 7))
@pytest.mark.parametrize("spectrum", SPECTRA)
def test_the_top_algebraic_eigenvalues_are_within_their_errors_and_the_tolerance(spectrum: str, k: int) -> None:
    matrix = with_spectrum(SPECTRA[spectrum])
    operator = Dense(matrix)
    pairs = top_eigenpairs(operator, Wanted(k), generator=seeded())
    exact = top(SPECTRA[spectrum], k)
    assert pairs.converged
    assert pairs.products == operator.products
    assert (pairs.errors <= 1e-3 * abs(pairs.values[0])).all()
    assert (np.abs(pairs.values - exact) <= pairs.errors).all()
    assert_honest(pairs, matrix)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("spectrum", SPECTRA)
def test_a_frugal_search_finds_them_too_and_claims_no_more(spectrum: str, k: int) -> None:
    matrix = with_spectrum(SPECTRA[spectrum])
    start = None
    for seed in range(2):  # cold and warm
        pairs = top_eigenpairs(
            Dense(matrix), Wanted(k), start=Start(start), budget=Budget(frugal=True), generator=seeded(seed)
        )
        assert pairs.converged
        assert (pairs.errors >= 0.5e-3 * abs(pairs.values[0])).all()
        assert (np.abs(pairs.values - top(SPECTRA[spectrum], k)) <= pairs.errors).all()
        assert_honest(pairs, matrix)
        start = pairs.subspace


@pytest.mark.parametrize("tol", [1e-2, 1e-6, 1e-10])
def test_any_tolerance_that_the_dtype_allows_is_reached(tol: float) -> None:
    pairs = top_eigenpairs(Dense(with_spectrum(SPECTRA["outliers"])), Wanted(3, tol=tol), generator=seeded())
    assert pairs.converged
    assert np.abs(pairs.values - top(SPECTRA["outliers"], 3)).max() <= tol * 10


def test_a_full_basis_restarts_until_a_spectrum_without_gaps_is_resolved() -> None:
    matrix = with_spectrum(np.linspace(0, 1, 600))
    pairs = top_eigenpairs(Dense(matrix), Wanted(1, tol=1e-6), generator=seeded())
    assert pairs.converged
    assert pairs.products > 2 * (2 + 16)
    assert pairs.values[0] == pytest.approx(1, abs=1e-6)


def test_a_warm_start_needs_one_product_a_vector_where_nothing_changed() -> None:
    operator = Dense(with_spectrum(SPECTRA["outliers"]))
    cold = top_eigenpairs(operator, Wanted(3, tol=1e-5), generator=seeded())
    warm = top_eigenpairs(operator, Wanted(3), start=Start(cold.subspace), generator=seeded())
    assert warm.converged
    assert warm.products == 5  # the three and two guards


def test_warm_starts_follow_a_turning_matrix_in_which_a_new_top_direction_grows_that_the_gradient_has_a_part_of() -> (
    None
):
    generator = seeded()
    turn = torch.randn(SIZE, SIZE, dtype=torch.float64, generator=generator) * 2e-3
    turning = torch.linalg.matrix_exp(turn - turn.T)
    minimum = torch.randn(SIZE, dtype=torch.float64, generator=generator)
    basis, start, products = orthogonal(SIZE), None, []
    for growing in np.linspace(0.5, 12, 24):
        basis = turning @ basis
        spectrum = bulk_and(10, 7, growing, 5)
        matrix = with_spectrum(spectrum, basis)
        pairs = top_eigenpairs(
            Dense(matrix), Wanted(2), start=Start(start, gradient=matrix @ minimum), generator=generator
        )
        assert pairs.converged
        assert (np.abs(pairs.values - top(spectrum, 2)) <= pairs.errors).all()
        start = pairs.subspace
        products.append(pairs.products)
    assert np.median(products[1:]) < 0.6 * products[0]


@pytest.mark.parametrize("low", [-1.0, -8.0])
def test_a_direction_that_no_other_is_coupled_to_is_found_by_the_next_verification(low: float) -> None:
    size, start, generator = 5000, None, seeded()
    found = []
    for measurement, growing in enumerate(np.linspace(0.5, 14, 28)):
        diagonal = torch.as_tensor(bulk_and(10, 7, growing, 5, low=low, size=size))
        verify = measurement % 5 == 4
        pairs = top_eigenpairs(Diagonal(diagonal), Wanted(2), start=Start(start, verify=verify), generator=generator)
        start = pairs.subspace
        if verify:
            found.append(np.abs(pairs.values - top(np.array([10, 7, growing]), 2)).max())
    # One whose eigenvalue is hardly larger than another's may be overlooked once.
    assert max(found) <= 0.05 * (14 - low)
    assert found[-1] <= 1e-2


def test_all_that_lie_above_a_value_are_followed_as_far_as_there_is_room() -> None:
    operator, start = Dense(with_spectrum(SPECTRA["outliers"])), None
    for above, at_most, expected in [(3.5, 10, 4), (3.5, 3, 3), (8, 10, 2), (0.99, 10, 6), (np.nan, 10, 2)]:
        pairs = top_eigenpairs(operator, Wanted(2, most=at_most, above=above), start=Start(start), generator=seeded())
        np.testing.assert_allclose(pairs.values, top(SPECTRA["outliers"], expected), atol=1e-2)
        assert pairs.converged
        assert pairs.vectors.shape == (SIZE, expected)
        start = pairs.subspace


def test_vectors_keep_their_signs() -> None:
    matrix = with_spectrum(SPECTRA["outliers"])
    before = top_eigenpairs(Dense(matrix), Wanted(3), generator=seeded())
    for sign in (1, -1):
        again = top_eigenpairs(Dense(matrix), Wanted(3), start=Start(sign * before.subspace), generator=seeded())
        assert ((again.vectors * sign * before.vectors).sum(dim=0) > 0.99).all()


def test_an_eigenvalue_that_rose_to_the_top_in_a_guard_that_mixes_many_is_found() -> None:
    # As seen at the edge of stability: the second eigenvector is known well, the first is most of a rough guard.
    values = np.concatenate([[11.43, 10.9, 10.1], np.linspace(6, -1, SIZE - 3)])
    eye = torch.eye(SIZE, dtype=torch.float64)
    rest = torch.linspace(0, 1, SIZE - 3, dtype=torch.float64)
    mixture = torch.cat([torch.tensor([0.85, 0.0, 0.1], dtype=torch.float64), 0.5 * rest / rest.norm()])
    start = torch.stack([eye[1] + 0.02 * eye[60], mixture, mixture.flip(0)], dim=1)
    pairs = top_eigenpairs(
        Diagonal(torch.as_tensor(values)), Wanted(1), start=Start(start, gradient=eye[1] + 0.05 * eye[80])
    )
    assert abs(pairs.values[0] - 11.43) <= 1e-3 * 11.43


def test_stale_vectors_orthogonal_to_the_new_top_direction_do_not_hide_it() -> None:
    spectrum = bulk_and(10, 6, 5, 4, size=400)
    basis = orthogonal(400)
    pairs = top_eigenpairs(
        Dense(with_spectrum(spectrum, basis)), Wanted(3), start=Start(basis[:, 1:4]), generator=seeded()
    )
    np.testing.assert_allclose(pairs.values, [10, 6, 5], atol=1e-2)


@pytest.mark.parametrize("columns", [0, 1, 3, 9])
def test_a_start_may_have_any_number_of_columns_even_dependent_ones(columns: int) -> None:
    start = torch.ones(SIZE, columns, dtype=torch.float64)
    pairs = top_eigenpairs(Dense(with_spectrum(SPECTRA["outliers"])), Wanted(3), start=Start(start), generator=seeded())
    np.testing.assert_allclose(pairs.values, [10, 7, 5], atol=1e-2)


def test_what_float32_cannot_reach_ends_soon_at_its_floor_and_says_so() -> None:
    matrix = with_spectrum(SPECTRA["outliers"]).float()
    operator = Dense(matrix)
    pairs = top_eigenpairs(operator, Wanted(3, tol=1e-12), generator=seeded())
    assert not pairs.converged
    assert operator.products < 60
    np.testing.assert_allclose(pairs.values, [10, 7, 5], rtol=1e-5)
    assert (np.abs(pairs.values - [10, 7, 5]) <= pairs.errors).all()
    assert_honest(pairs, matrix)


def test_a_top_eigenvalue_of_zero_under_large_negative_ones_ends_at_the_floor() -> None:
    spectrum = np.minimum(bulk_and(low=-100, high=50), 0)
    operator = Dense(with_spectrum(spectrum))
    pairs = top_eigenpairs(operator, Wanted(1), generator=seeded())
    assert operator.products < 150
    assert abs(pairs.values[0]) < 1e-6


@pytest.mark.parametrize("multiple", [0.0, 5.0, -5.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_multiple_of_the_identity_has_one_eigenvalue_many_times(multiple: float, dtype: torch.dtype) -> None:
    matrix = multiple * torch.eye(SIZE, dtype=dtype)
    pairs = top_eigenpairs(Dense(matrix), Wanted(4), generator=seeded())
    assert pairs.converged
    np.testing.assert_allclose(pairs.values, multiple, rtol=1e-6)
    assert_honest(pairs, matrix)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_past_the_size_of_the_matrix_values_are_nan(size: int) -> None:
    matrix = with_spectrum(np.arange(1.0, size + 1))
    pairs = top_eigenpairs(Dense(matrix), Wanted(6), generator=seeded())
    np.testing.assert_allclose(pairs.values[:size], np.arange(size, 0, -1.0))
    for column in (pairs.values, pairs.residuals, pairs.errors):
        assert column.shape == (6,)
        assert np.isnan(column[size:]).all()
    assert pairs.vectors.shape == (size, size)
    assert_honest(pairs, matrix)
    again = top_eigenpairs(Dense(matrix), Wanted(6), start=Start(pairs.subspace), generator=seeded())
    np.testing.assert_allclose(again.values, pairs.values)


def test_the_budget_of_products_is_kept() -> None:
    operator = Dense(with_spectrum(SPECTRA["no-gap"]))
    pairs = top_eigenpairs(operator, Wanted(2, tol=1e-9), budget=Budget(max_products=7), generator=seeded())
    assert not pairs.converged
    assert pairs.products == operator.products == 7


def test_a_product_that_is_not_finite_is_an_error_of_its_own() -> None:
    matrix = with_spectrum(SPECTRA["outliers"])
    matrix[3, 4] = torch.nan
    with pytest.raises(NonFiniteProduct, match="product 1 "):
        top_eigenpairs(Dense(matrix), Wanted(2), generator=seeded())


def test_progress_is_reported_after_every_product_and_may_abandon_the_search() -> None:
    operator = Dense(with_spectrum(SPECTRA["outliers"]))
    reports: list[SearchProgress] = []
    pairs = top_eigenpairs(operator, Wanted(2), generator=seeded(), on_product=reports.append)
    assert [report.products for report in reports] == list(range(1, pairs.products + 1))
    assert reports[0].error == np.inf
    assert reports[-1].error <= 1e-3

    def abandon(progress: SearchProgress) -> None:
        if progress.products == 3:
            raise KeyboardInterrupt

    operator.products = 0
    with pytest.raises(KeyboardInterrupt):
        top_eigenpairs(operator, Wanted(2), generator=seeded(), on_product=abandon)
    assert operator.products == 3


def test_the_same_generator_gives_the_same_numbers() -> None:
    operator = Dense(with_spectrum(SPECTRA["no-gap"]))
    first, second = (top_eigenpairs(operator, Wanted(3), generator=seeded(7)) for _ in range(2))
    assert (first.values == second.values).all()
    assert torch.equal(first.subspace, second.subspace)


def test_unusable_arguments_are_refused_with_the_value() -> None:
    operator = Dense(torch.eye(4))
    with pytest.raises(ValueError, match="at least 1 eigenvalue must be wanted, not 0"):
        top_eigenpairs(operator, Wanted(0))
    with pytest.raises(ValueError, match="max_products must be at least 1, not 0"):
        top_eigenpairs(operator, Wanted(1), budget=Budget(max_products=0))
    with pytest.raises(ValueError, match=r"\(4, any\), not \(3, 2\)"):
        top_eigenpairs(operator, Wanted(1), start=Start(torch.zeros(3, 2)))
    with pytest.raises(ValueError, match=r"\(4,\), not \(3,\)"):
        top_eigenpairs(operator, Wanted(1), start=Start(gradient=torch.zeros(3)))


def digits(dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    arrays = np.load(Path(eostui.__file__).parent / "problems" / "data" / "digits_8x8.npz")
    inputs = torch.as_tensor(arrays["x"][:300] / 16.0, dtype=dtype).flatten(1)
    return (inputs - inputs.mean()) / inputs.std(), torch.as_tensor(arrays["y"][:300], dtype=torch.long)


def test_a_real_networks_sharpness_is_scipys_before_and_during_training_cold_and_warm() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 20), nn.Tanh(), nn.Linear(20, 20), nn.Tanh(), nn.Linear(20, 10))
    objective = Objective(model.double(), F.cross_entropy, *digits(torch.float64))
    theta, start, warm_products = objective.parameters(), None, []
    for step in range(61):
        if step % 20 == 0:
            with HessianOperator(objective, theta) as hessian:
                dense = LinearOperator(
                    (objective.size, objective.size),
                    matvec=lambda v, h=hessian: (h @ torch.as_tensor(v).flatten()).numpy(),
                    dtype=np.float64,
                )
                exact = np.sort(eigsh(dense, k=3, which="LA", v0=np.ones(objective.size))[0])[::-1]
                cold = top_eigenpairs(hessian, Wanted(3), generator=seeded(step))
                warm = top_eigenpairs(hessian, Wanted(3), start=Start(start), generator=seeded(step))
            for pairs in (cold, warm):
                assert pairs.converged
                scipys_rounding = 1e-12 * exact[0]
                assert (np.abs(pairs.values - exact) <= pairs.errors + scipys_rounding).all()
                assert (np.abs(pairs.values - exact) <= pairs.residuals + scipys_rounding).all()
            start = warm.subspace
            warm_products.append(warm.products)
        gradient = objective.gradient(theta).gradient
        theta = theta - 0.2 * gradient
    assert max(warm_products[1:]) < warm_products[0]


def test_a_float32_network_reaches_the_default_tolerance() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 20), nn.Tanh(), nn.Linear(20, 10))
    single = Objective(model, F.cross_entropy, *digits(torch.float32))
    theta = single.parameters()
    pairs = top_eigenpairs(HessianOperator(single, theta), Wanted(4), generator=seeded())
    model.double()
    double = Objective(model, F.cross_entropy, *digits(torch.float64))
    exact = top_eigenpairs(HessianOperator(double, theta.double()), Wanted(4, tol=1e-9), generator=seeded())
    assert pairs.converged
    assert np.abs(pairs.values - exact.values).max() <= 1e-3 * exact.values[0]
