"""The preconditioned Hessian against the dense matrix."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from eostui.curvature.eigen.eigensolver import top_eigenpairs
from eostui.curvature.eigen.search import Wanted
from eostui.curvature.operators.hessian import HessianOperator
from eostui.curvature.operators.preconditioned_hessian import PreconditionedHessianOperator
from eostui.objective.objective import Objective
from tests.curvature.cases import CASES, Case, half_squared_error
from tests.curvature.operators.test_operators import dense_hessian


def some_preconditioner(size: int) -> Tensor:
    """Positive numbers over four orders of magnitude."""
    return 10 ** (4 * torch.rand(size, dtype=torch.float64, generator=torch.Generator().manual_seed(2)) - 3)


def hessian_of(objective: Objective) -> HessianOperator:
    return HessianOperator(objective, objective.parameters())


@pytest.mark.parametrize("physical_batch", [None, 4], ids=["one-batch", "three-batches"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_products_with_all_unit_vectors_are_the_dense_matrix(case: Case, physical_batch: int | None) -> None:
    objective = case.objective(physical_batch=physical_batch)
    p, eye = some_preconditioner(objective.size), torch.eye(objective.size, dtype=torch.float64)
    products = PreconditionedHessianOperator(hessian_of(objective), p, weight_decay=0.3) @ eye
    root = torch.diag(p**-0.5)
    torch.testing.assert_close(products, root @ (dense_hessian(objective) + 0.3 * eye) @ root, rtol=1e-9, atol=1e-8)
    torch.testing.assert_close(products, products.T, rtol=1e-9, atol=1e-8)


def test_its_top_eigenvalues_are_those_of_the_inverse_of_p_times_the_hessian() -> None:
    objective = CASES[0].objective()
    p = some_preconditioner(objective.size)
    operator = PreconditionedHessianOperator(hessian_of(objective), p)
    pairs = top_eigenpairs(operator, Wanted(3, tol=1e-8), generator=torch.Generator().manual_seed(0))
    asymmetric = dense_hessian(objective) / p[:, None]
    exact = torch.linalg.eigvals(asymmetric).real.sort(descending=True).values[:3]
    torch.testing.assert_close(torch.as_tensor(pairs.values), exact, rtol=1e-6, atol=0)


def test_with_p_of_ones_and_no_decay_it_is_the_hessian() -> None:
    objective = CASES[1].objective()
    v = torch.randn(objective.size, 2, dtype=torch.float64)
    ones = torch.ones(objective.size, dtype=torch.float64)
    operator = PreconditionedHessianOperator(hessian_of(objective), ones)
    torch.testing.assert_close(operator @ v, hessian_of(objective) @ v, rtol=1e-14, atol=0)


def test_weights_with_an_infinite_p_take_no_part() -> None:
    objective = CASES[0].objective()
    p = some_preconditioner(objective.size)
    p[:5] = torch.inf
    operator = PreconditionedHessianOperator(hessian_of(objective), p, weight_decay=1.0)
    products = operator @ torch.eye(objective.size, dtype=torch.float64)
    assert products.isfinite().all()
    assert products[:5].abs().max() == products[:, :5].abs().max() == 0


def test_the_graph_is_built_once() -> None:
    passes: list[int] = []

    class Counting(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            passes.append(len(x))
            return super().forward(x)

    objective = Objective(Counting(5, 1), half_squared_error, torch.randn(4, 5), torch.randn(4, 1))
    operator = PreconditionedHessianOperator(hessian_of(objective), torch.ones(6))
    for _ in range(3):
        operator @ torch.randn(6)
    assert passes == [4]


def test_a_preconditioner_of_another_size_is_refused_with_both_sizes() -> None:
    objective = CASES[0].objective()
    with pytest.raises(ValueError, match=rf"\({objective.size},\).*\(7,\)"):
        PreconditionedHessianOperator(hessian_of(objective), torch.ones(7))
