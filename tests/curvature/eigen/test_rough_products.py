"""Products in bfloat16, and the search with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from eostui.curvature.eigen.eigensolver import RoughOperator, Start, top_eigenpairs
from eostui.curvature.eigen.ritz import RitzSubspace, RitzVectors, errors_beside
from eostui.curvature.eigen.search import Budget, Wanted
from eostui.curvature.linear_operator import BFLOAT16
from eostui.curvature.operators.gauss_newton import GaussNewtonOperator
from eostui.curvature.operators.hessian import HessianOperator
from eostui.curvature.operators.negated import Negated
from eostui.curvature.operators.preconditioned_hessian import PreconditionedHessianOperator
from eostui.objective.objective import Objective
from tests.curvature.dense import Dense, seeded

SIZE = 200
EIGENVALUES = np.concatenate([[10.0, 9.5, 8.0, 7.0], np.linspace(4, -1, SIZE - 4)])


def network(activation: nn.Module, examples: int = 60) -> Objective:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(12, 20), activation, nn.Linear(20, 5))
    targets = torch.randint(5, (examples,))
    return Objective(model, F.cross_entropy, torch.randn(examples, 12), targets, physical_batch=40)


class Rounded(Dense):
    """A matrix whose products are rounded to bfloat16, and counted."""

    def __matmul__(self, v: Tensor) -> Tensor:
        self.products += v.shape[1]
        return (self.matrix.bfloat16() @ v.bfloat16()).to(self.dtype)


def turned(matrix: Tensor, angle: float) -> tuple[Tensor, Tensor]:
    """The matrix in slightly other coordinates, and its eigenvectors from the largest value down."""
    skew = torch.randn(SIZE, SIZE, generator=seeded(5))
    rotation = torch.linalg.qr(torch.eye(SIZE) + angle * (skew - skew.T) / SIZE**0.5).Q
    moved = rotation @ matrix @ rotation.T
    return (moved + moved.T) / 2, torch.linalg.eigh(matrix).eigenvectors.flip(1)


@pytest.mark.parametrize("k", [1, 3])
def test_a_search_with_rough_products_is_confirmed_by_exact_ones_and_their_errors_hold(k: int) -> None:
    basis = torch.linalg.qr(torch.randn(SIZE, SIZE, generator=seeded(1))).Q
    matrix, before = turned((basis * torch.as_tensor(EIGENVALUES, dtype=torch.float32)) @ basis.T, 0.1)
    rough, exact = Rounded(matrix), Dense(matrix)
    pairs = top_eigenpairs(
        exact, Wanted(k), start=Start(before[:, : k + 2]), rough=RoughOperator(rough, 0.004), generator=seeded(2)
    )
    truth = np.linalg.eigvalsh(matrix.double().numpy())[::-1][:k]
    assert (np.abs(pairs.values - truth) <= pairs.errors + 1e-5).all()
    assert (pairs.errors <= 1e-3 * truth[0]).all()
    assert pairs.converged
    residuals = (matrix @ pairs.vectors - pairs.vectors * torch.as_tensor(pairs.values, dtype=torch.float32)).norm(
        dim=0
    )
    np.testing.assert_allclose(pairs.residuals, residuals, rtol=0.05)
    # Most of the work is rough, the little that is not is counted, too.
    assert rough.products > k + 2
    assert k <= pairs.products - rough.products < rough.products


def test_where_rough_products_are_useless_exact_ones_find_the_same() -> None:
    basis = torch.linalg.qr(torch.randn(SIZE, SIZE, generator=seeded(1))).Q
    matrix, before = turned((basis * torch.as_tensor(EIGENVALUES, dtype=torch.float32)) @ basis.T, 0.1)
    other = torch.randn(SIZE, SIZE, generator=seeded(3))
    rough = RoughOperator(Dense((other + other.T) / 5), 0.01)
    pairs = top_eigenpairs(
        Dense(matrix),
        Wanted(1),
        start=Start(before[:, :3]),
        budget=Budget(max_products=300),
        rough=rough,
        generator=seeded(2),
    )
    assert abs(pairs.values[0] - 10) <= pairs.errors[0] + 1e-5
    assert pairs.converged


def test_rough_products_that_are_not_finite_leave_the_search_to_exact_ones() -> None:
    matrix = torch.diag(torch.as_tensor(EIGENVALUES, dtype=torch.float32))
    rough = RoughOperator(Dense(matrix * torch.nan), 0.004)
    pairs = top_eigenpairs(
        Dense(matrix), Wanted(1), start=Start(torch.eye(SIZE)[:, :3] + 0.01), rough=rough, generator=seeded(2)
    )
    assert abs(pairs.values[0] - 10) <= pairs.errors[0] + 1e-5
    assert pairs.converged


@pytest.mark.parametrize("seed", range(5))
def test_noise_in_a_confirmed_vector_is_held_against_the_gap_where_it_is(seed: int) -> None:
    matrix = torch.diag(torch.as_tensor(EIGENVALUES, dtype=torch.float64))
    eye = torch.eye(SIZE, dtype=torch.float64)
    noise = 3e-3 * torch.nn.functional.normalize(torch.randn(3, SIZE, generator=seeded(seed), dtype=torch.float64))
    along = torch.tensor([[0.0, 0.02, 0.01], [0.0, 0.0, 0.02], [0.0, 0.0, 0.0]], dtype=torch.float64) @ eye[:3]
    x = torch.linalg.qr((eye[:3] + along + noise).T).Q.T
    wanted, guards = (_pairs(matrix, vectors) for vectors in (x[:1], x[1:]))
    (error,) = errors_beside(wanted, replace(guards, values=guards.values + 1e-3), rounding=0.0)
    truth = 10.0 - wanted.values[0]
    by_the_gap = 2 * float(wanted.residual_vectors[0].norm()) ** 2 / (wanted.values[0] - guards.values[0])
    assert truth <= error < by_the_gap


def _pairs(matrix: Tensor, vectors: Tensor) -> RitzVectors:
    """All Ritz pairs on the span of some vectors."""
    subspace = RitzSubspace(Dense(matrix), 2 * len(vectors))
    subspace.add(vectors)
    subspace.take_in()
    return subspace.written_out(subspace.ritz_pairs(len(vectors)))


def test_without_a_guard_no_error_is_claimed_below_the_residual() -> None:
    matrix = torch.diag(torch.as_tensor(EIGENVALUES, dtype=torch.float32))
    start = torch.eye(SIZE)[:, :1] + 0.05 * torch.eye(SIZE)[:, 1:2]
    rough = RoughOperator(Rounded(matrix), 0.004)
    pairs = top_eigenpairs(Dense(matrix), Wanted(1), start=Start(start), budget=Budget(max_products=1), rough=rough)
    assert pairs.errors[0] >= pairs.residuals[0] > 0
    assert not pairs.converged


@pytest.mark.parametrize("kind", ["hessian", "gauss-newton", "preconditioned", "negated"])
def test_rough_products_are_the_exact_ones_but_for_some_thousandths(kind: str) -> None:
    objective = network(nn.Tanh())
    theta = objective.parameters()
    hessian = HessianOperator(objective, theta)
    operator: HessianOperator | GaussNewtonOperator | PreconditionedHessianOperator | Negated = hessian
    if kind == "gauss-newton":
        operator = GaussNewtonOperator(objective, theta)
    if kind == "preconditioned":
        operator = PreconditionedHessianOperator(hessian, 0.5 + torch.rand(objective.size, generator=seeded(4)), 0.1)
    if kind == "negated":
        operator = Negated(hessian)
    v = torch.randn(objective.size, 2, generator=seeded(3))
    exact, rough = operator @ v, operator.rough(BFLOAT16)
    image = rough @ v
    assert image.dtype == torch.float32
    off = float((image - exact).norm() / exact.norm())
    assert 1e-4 < off < 0.02
    rough.close()
    assert torch.equal(operator @ v, exact)  # the graphs of the exact one are its own
