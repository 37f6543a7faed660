"""Wrong and missing derivatives are found, right ones pass, and differences are as wrong as they say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from eostui.curvature.checks.derivative_check import DerivativeCheck, check_derivatives
from eostui.curvature.checks.not_finite import where_not_finite
from eostui.curvature.eigen.trajectory import TrajectorySpectrum
from eostui.curvature.operators.difference_hessian import DifferenceHessianOperator
from eostui.curvature.operators.gauss_newton import GaussNewtonOperator
from eostui.curvature.operators.hessian import HessianOperator
from eostui.curvature.operators.jacobian_gram import JacobianGramOperator
from eostui.curvature.operators.negated import Negated
from eostui.curvature.operators.operator import CurvatureOperator
from eostui.curvature.operators.preconditioned_hessian import PreconditionedHessianOperator
from eostui.curvature.operators.second_difference import second_difference
from eostui.objective.objective import Objective
from eostui.problems.by_path import load_callable
from tests.curvature.cases import CASES, Case, mlp
from tests.curvature.own_derivatives import Applied, Bag, OnceSwish, RightSwish, SavedSlope


def objective_of(model: nn.Module, dtype: torch.dtype = torch.float32) -> Objective:
    torch.manual_seed(1)
    x, y = torch.randn(12, 4).to(dtype), torch.randn(12, 2).to(dtype)
    return Objective(model.to(dtype), F.mse_loss, x, y)


def applied(function: type[torch.autograd.Function], dtype: torch.dtype = torch.float32) -> Objective:
    torch.manual_seed(0)
    return objective_of(Applied(function), dtype)


def dense_by_differences(objective: Objective, theta: Tensor) -> Tensor:
    """The Hessian column by column, without any of the operators."""
    rows = []
    for unit in torch.eye(objective.size, dtype=objective.dtype):
        above, below = (objective.gradient(theta + sign * 1e-5 * unit).gradient for sign in (1, -1))
        rows.append((above - below) / 2e-5)
    return torch.stack(rows)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_right_derivatives_pass(case: Case) -> None:
    objective = case.objective()
    try:
        GaussNewtonOperator(objective, objective.parameters())
        outputs = True
    except TypeError:  # the model computes its own loss
        outputs = False
    found = check_derivatives(objective, objective.parameters(), gauss_newton=outputs, third=False)
    assert found == DerivativeCheck()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("function", [OnceSwish, SavedSlope])
def test_a_backward_pass_that_is_no_derivative_is_found_and_named(
    function: type[torch.autograd.Function], dtype: torch.dtype
) -> None:
    objective = applied(function, dtype)
    found = check_derivatives(objective, objective.parameters())
    assert function.__name__ in found.hessian
    assert "off differences of gradients" in found.hessian or "not symmetric" in found.hessian
    right = applied(RightSwish, dtype)
    assert check_derivatives(right, right.parameters(), gauss_newton=True, third=True) == DerivativeCheck()


def test_a_layer_without_a_second_derivative_is_named_with_what_has_one() -> None:
    torch.manual_seed(0)
    objective = Objective(Bag(), F.cross_entropy, torch.randint(7, (12, 5)), torch.randint(2, (12,)))
    found = check_derivatives(objective, objective.parameters()).hessian
    assert "the layer bag (EmbeddingBag) has no second derivative" in found
    assert "nn.Embedding and a mean" in found


def test_third_derivatives_of_torchs_norms_are_found_wrong_or_missing() -> None:
    torch.manual_seed(0)
    layers = [nn.Linear(4, 6), nn.LayerNorm(6), nn.Tanh(), nn.Linear(6, 2)]
    objective = objective_of(nn.Sequential(*layers))
    found = check_derivatives(objective, objective.parameters(), third=True)
    assert found.hessian == ""
    assert "second differences" in found.third
    layers[1] = nn.BatchNorm1d(6)
    objective = objective_of(nn.Sequential(*layers))
    # Which of the two depends on the version of torch.
    found = check_derivatives(objective, objective.parameters(), third=True)
    assert "second differences" in found.third or "no third derivative" in found.third


def test_the_check_leaves_the_model_in_its_dtype_with_its_tensors() -> None:
    objective = applied(RightSwish)
    theta = objective.parameters()
    places = [tensor.data_ptr() for tensor in objective.model.state_dict().values()]
    check_derivatives(objective, theta)
    assert [tensor.data_ptr() for tensor in objective.model.state_dict().values()] == places
    assert {p.dtype for p in objective.model.parameters()} == {torch.float32}
    assert torch.isfinite(objective.gradient(theta).loss)


def test_a_model_that_cannot_be_had_in_double_precision_is_checked_in_its_own() -> None:
    class Mixed(Applied):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x) + x @ torch.ones(4, 2)  # float32, whatever x is

    torch.manual_seed(0)
    wrong, right = objective_of(Mixed(SavedSlope)), objective_of(Mixed(RightSwish))
    assert "SavedSlope" in check_derivatives(wrong, wrong.parameters()).hessian
    found = check_derivatives(right, right.parameters())
    assert not found.double
    assert (found.gradient, found.hessian) == ("", "")
    assert 0 < found.doubt < 0.01


@pytest.mark.parametrize("operator", [DifferenceHessianOperator, GaussNewtonOperator, JacobianGramOperator])
def test_products_by_differences_are_those_of_the_dense_matrix(
    operator: type[DifferenceHessianOperator | GaussNewtonOperator | JacobianGramOperator],
) -> None:
    torch.manual_seed(0)
    x, y = torch.randn(12, 5, dtype=torch.float64), torch.randint(3, (12,))
    objective = Objective(mlp(nn.Tanh).double(), F.cross_entropy, x, y, physical_batch=5)
    theta = objective.parameters()
    unit = torch.eye(objective.size, dtype=torch.float64)
    by_differences: CurvatureOperator[Any]
    exact: CurvatureOperator[Any]
    if issubclass(operator, DifferenceHessianOperator):
        by_differences, exact = DifferenceHessianOperator(objective, theta), HessianOperator(objective, theta)
    else:
        by_differences, exact = operator(objective, theta, differences=True), operator(objective, theta)
    assert by_differences.rough_kinds == ()
    torch.testing.assert_close(by_differences @ unit, exact @ unit, rtol=1e-6, atol=1e-8)
    v = torch.randn(objective.size, dtype=torch.float64)
    torch.testing.assert_close(by_differences @ v, exact @ v, rtol=1e-6, atol=1e-8)
    assert torch.equal(by_differences @ torch.zeros_like(v), torch.zeros_like(v))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_eigenvalues_by_differences_are_within_the_errors_that_are_claimed(dtype: torch.dtype) -> None:
    objective = applied(OnceSwish, dtype)
    precise = applied(OnceSwish, torch.float64)
    theta = objective.parameters()
    dense = dense_by_differences(precise, theta.double())
    scale = torch.full((objective.size,), 4.0, dtype=dtype)
    hessian = DifferenceHessianOperator(objective, theta)
    for operator, matrix in (
        (hessian, dense),
        (Negated(hessian), -dense),
        (PreconditionedHessianOperator(hessian, scale), dense / 4),
    ):
        assert operator.rough_kinds == ()
        spectrum = TrajectorySpectrum(3)
        gradient = objective.gradient(theta).gradient
        for step in range(3):
            pairs = spectrum.measure(operator, step=step, loss=1.0, gradient=gradient)
            truth = torch.linalg.eigvalsh((matrix + matrix.T) / 2).flip(0)[:3].numpy()
            assert (abs(pairs.values - truth) <= pairs.errors).all()
            assert (pairs.errors <= 0.01 * abs(truth[0])).all()
            assert (pairs.residuals >= pairs.errors / 2).all() or dtype == torch.float64
            assert pairs.products < 100


def test_the_gradient_of_a_curvature_by_differences_is_that_of_autograd() -> None:
    objective = applied(RightSwish, torch.float64)
    theta = objective.parameters()
    u = torch.nn.functional.normalize(torch.randn(objective.size, dtype=torch.float64), dim=0)
    exact = HessianOperator(objective, theta).curvature_gradient(u)
    torch.testing.assert_close(second_difference(objective, theta, u), exact, rtol=1e-4, atol=1e-6)
    for hessian in (
        HessianOperator(objective, theta, third_derivatives=False),
        DifferenceHessianOperator(objective, theta),
    ):
        torch.testing.assert_close(hessian.curvature_gradient(u), exact, rtol=1e-4, atol=1e-6)


def test_a_second_derivative_that_is_not_finite_is_told_with_weights_and_line() -> None:
    class Root(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net, self.scale = nn.Linear(4, 2), nn.Parameter(torch.zeros(3))

        def forward(self, x: Tensor) -> Tensor:
            outputs: Tensor = self.net(x) + self.scale.norm()
            return outputs

    objective = objective_of(Root())
    said = where_not_finite(objective, objective.parameters())
    assert said.startswith("second derivatives by scale are not finite: the derivative of ")
    assert "test_derivative_check.py:" in said


def test_a_file_of_the_user_is_told_whatever_its_directory_is_called(tmp_path: Path) -> None:
    path = tmp_path / "torch" / "eostui" / "mine.py"
    path.parent.mkdir(parents=True)
    path.write_text("def rooted(x, scale):\n    return x + scale.norm()\n")
    rooted = load_callable(f"{path}:rooted")

    class Root(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net, self.scale = nn.Linear(4, 2), nn.Parameter(torch.zeros(3))

        def forward(self, x: Tensor) -> Tensor:
            outputs: Tensor = rooted(self.net(x), self.scale)
            return outputs

    objective = objective_of(Root())
    assert where_not_finite(objective, objective.parameters()).endswith(f" at {path}:2")


class Scaled(torch.autograd.Function):
    """Leaves the loss as it is and gives a tenth of its gradient."""

    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: object, g: Tensor) -> Tensor:
        return 0.1 * g


def halved_by_detaching(outputs: Tensor, targets: Tensor) -> Tensor:
    return ((outputs - targets) * (outputs - targets).detach()).mean()


def scaled(outputs: Tensor, targets: Tensor) -> Tensor:
    loss: Tensor = Scaled.apply(F.mse_loss(outputs, targets))
    return loss


@pytest.mark.parametrize("loss", [halved_by_detaching, scaled])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_gradient_that_is_not_that_of_the_loss_is_found(loss: Callable[..., Tensor], dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    objective = Objective(mlp(nn.Tanh).to(dtype), loss, torch.randn(9, 5).to(dtype), torch.randn(9, 3).to(dtype))
    found = check_derivatives(objective, objective.parameters())
    assert "off the derivative of the loss" in found.gradient


def test_wrong_derivatives_at_some_examples_are_found_wherever_these_are() -> None:
    class Late(Applied):
        def forward(self, x: Tensor) -> Tensor:
            wrong = super().forward(x)
            return torch.where((x[:, :1] > 2), wrong, self.outer(torch.sin(self.inner(x))))

    torch.manual_seed(0)
    x = torch.randn(40, 4).sort(dim=0).values
    x[30:, 0] += 3
    objective = Objective(Late(SavedSlope), F.mse_loss, x, torch.randn(40, 2))
    assert "SavedSlope" in check_derivatives(objective, objective.parameters()).hessian


def test_views_that_were_taken_of_the_weights_are_not_taken_for_constants() -> None:
    """In float64 the model would be another one; the check sees that, and is made in float32."""

    class Penalized(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Linear(4, 2)
            self.views = [p.detach().view(-1) for p in self.parameters()]

        def forward(self, x: Tensor) -> Tensor:
            penalty = sum((p.view(-1) * v).sum() for p, v in zip(self.parameters(), self.views, strict=True))
            outputs: Tensor = self.net(x) * (1 + penalty)
            return outputs

    torch.manual_seed(0)
    objective = objective_of(Penalized())
    found = check_derivatives(objective, objective.parameters())
    assert not found.double
    assert found.gradient


def test_differences_in_double_precision_see_no_kinks_between_their_points() -> None:
    torch.manual_seed(0)
    x, y = torch.randn(200, 5), torch.randn(200, 3)
    objective = Objective(mlp(nn.ReLU), F.mse_loss, x, y)
    theta = objective.parameters()
    with objective.in_double() as precise:
        exact = HessianOperator(precise, theta.double()) @ torch.ones(objective.size, dtype=torch.float64)
        exact_gauss_newton = GaussNewtonOperator(precise, theta.double()) @ torch.ones_like(exact)
    ones = torch.ones(objective.size)
    coarse = DifferenceHessianOperator(objective, theta) @ ones
    fine = DifferenceHessianOperator(objective, theta, double=True) @ ones
    gauss_newton = GaussNewtonOperator(objective, theta, differences=True, double=True) @ ones
    size = float(exact.norm())
    assert float((coarse - exact).norm()) > 1e-3 * size
    assert float((fine - exact).norm()) < 1e-5 * size
    assert float((gauss_newton - exact_gauss_newton).norm()) < 1e-5 * size
    assert {p.dtype for p in objective.model.parameters()} == {torch.float32}
