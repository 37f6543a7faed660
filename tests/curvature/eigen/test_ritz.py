"""What a Ritz subspace says of a matrix, held against the matrix itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from eostui.curvature.eigen.ritz import RitzSubspace
from eostui.curvature.linear_operator import NonFiniteProduct
from tests.curvature.dense import Dense, seeded

SIZE = 60


def symmetric(seed: int = 0, size: int = SIZE) -> Tensor:
    matrix = torch.randn(size, size, dtype=torch.float64, generator=seeded(seed))
    return (matrix + matrix.T) / 2


def assert_true(subspace: RitzSubspace, matrix: Tensor, rounding: float = 1e-12) -> None:
    """Values are Rayleigh quotients, residual vectors A x − λ x and vectors orthonormal."""
    pairs = subspace.ritz_pairs(subspace.count)
    found = subspace.written_out(pairs)
    vectors, residual_vectors = found.vectors.double(), found.residual_vectors.double()
    images = vectors @ matrix.double()
    torch.testing.assert_close(vectors @ vectors.T, torch.eye(subspace.count).double(), atol=rounding, rtol=0)
    torch.testing.assert_close((images * vectors).sum(dim=1), torch.as_tensor(pairs.values), atol=10 * rounding, rtol=0)
    expected = images - torch.as_tensor(pairs.values)[:, None] * vectors
    torch.testing.assert_close(residual_vectors, expected, atol=10 * rounding, rtol=0)
    np.testing.assert_allclose(pairs.residuals, expected.norm(dim=1).numpy(), atol=10 * rounding)


@pytest.mark.parametrize(("dtype", "rounding"), [(torch.float64, 1e-13), (torch.float32, 3e-6)])
def test_the_images_of_the_basis_are_known_through_any_growth_and_through_restarts(
    dtype: torch.dtype, rounding: float
) -> None:
    matrix = symmetric().to(dtype)
    operator = Dense(matrix)
    subspace, generator = RitzSubspace(operator, 14), seeded(1)
    products = restarts = 0
    for turn in range(30):
        before = subspace.count
        if turn % 7 == 0:
            subspace.add(torch.randn(3, SIZE, dtype=dtype, generator=generator)[: 3 if turn == 0 else 1])
        elif turn % 3 == 1:
            subspace.lead(subspace.step())
        else:
            subspace.lead(subspace.ritz_pairs(2).outside[:, turn % 2])
        products += subspace.take_in()
        restarts += subspace.count < before
        assert_true(subspace, matrix, rounding)
    assert operator.products == products
    assert restarts > 2


def test_an_invariant_subspace_has_nothing_outside_and_a_new_direction_is_taken_up() -> None:
    matrix = torch.diag(torch.arange(1.0, 7.0, dtype=torch.float64))
    eye = torch.eye(6, dtype=torch.float64)
    subspace = RitzSubspace(Dense(matrix), 6)
    subspace.add(eye[:2])
    assert subspace.take_in() == 2
    assert subspace.step().size == 0
    assert not subspace.ritz_pairs(2).residuals.any()
    for _ in range(4):
        subspace.add(torch.randn(1, 6, dtype=torch.float64, generator=seeded(subspace.count)))
        subspace.take_in()
    assert subspace.count == 6
    np.testing.assert_allclose(subspace.ritz_values(), np.arange(6, 0, -1.0))
    assert_true(subspace, matrix)


def test_of_directions_that_are_there_already_none_is_paid_for() -> None:
    matrix = symmetric()
    subspace = RitzSubspace(Dense(matrix), 20)
    directions = torch.randn(2, SIZE, dtype=torch.float64, generator=seeded(2))
    subspace.add(torch.cat([directions, directions.sum(dim=0, keepdim=True), torch.zeros(1, SIZE)]))
    assert subspace.take_in() == 2
    # Where all of them are, one goes on with what is outside.
    subspace.add(directions[:1])
    assert subspace.take_in() == 1
    assert_true(subspace, matrix)


def test_vectors_point_to_the_side_of_the_nearest_signed_one_even_after_a_restart() -> None:
    matrix = torch.diag(torch.linspace(1.0, 10.0, SIZE, dtype=torch.float64))
    eye = torch.eye(SIZE, dtype=torch.float64)
    noise = 0.01 * torch.randn(2, SIZE, dtype=torch.float64, generator=seeded(3))
    for signs in ([1.0, -1.0], [-1.0, 1.0]):
        start = torch.tensor(signs)[:, None].double() * (eye[[-1, -2]] + noise)
        subspace = RitzSubspace(Dense(matrix), 10)
        subspace.add(start, signed=2)
        for _ in range(12):
            subspace.take_in()
            vectors = subspace.vectors(subspace.ritz_pairs(2))
            assert ((vectors * start).sum(dim=1) > 0.9).all()
            subspace.lead(subspace.ritz_pairs(1).outside[:, 0])


def test_a_product_that_is_not_finite_is_told_with_its_number() -> None:
    operator = Dense(symmetric())
    subspace = RitzSubspace(operator, 10)
    subspace.add(torch.eye(SIZE, dtype=torch.float64)[:1])
    subspace.take_in()
    operator.matrix = operator.matrix * torch.nan
    subspace.lead(subspace.step())
    with pytest.raises(NonFiniteProduct, match="product 2 "):
        subspace.take_in()
