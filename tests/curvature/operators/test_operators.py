"""The curvature operators against dense matrices that are built independently of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import ref

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, hessian, jacrev
from torch.nn.attention import SDPBackend, sdpa_kernel

from eostui.curvature.operators.gauss_newton import GaussNewtonOperator
from eostui.curvature.operators.hessian import HessianOperator
from eostui.curvature.operators.jacobian_gram import JacobianGramOperator
from eostui.curvature.operators.operator import GRAPH_SIZES, CurvatureOperator
from eostui.objective.model_call import Inputs
from eostui.objective.objective import Objective
from tests.curvature.cases import CASES, Case, OwnLoss, half_squared_error, loss_of, mlp, rows_of


def network(objective: Objective, theta: Tensor) -> Callable[..., Any]:
    """f(·; θ), unflattening θ by hand and keeping the buffers out of it."""
    state, start = {}, 0
    for name, parameter in objective.model.named_parameters():
        state[name] = theta[start : start + parameter.numel()].view_as(parameter)
        start += parameter.numel()

    def call(*arguments: Tensor, **keywords: Tensor) -> Any:
        buffers = {name: buffer.clone() for name, buffer in objective.model.named_buffers()}
        with sdpa_kernel(SDPBackend.MATH):
            return functional_call(objective.model, state | buffers, arguments, keywords)

    return call


def batches(objective: Objective) -> list[tuple[Inputs, Tensor | None, int]]:
    """Inputs, targets and number of examples of every ghost batch."""
    rows_of_each = torch.arange(objective.examples).tensor_split(objective.batches)
    parts = [slice(int(rows[0]), int(rows[-1]) + 1) for rows in rows_of_each]
    targets = [None if objective.targets is None else objective.targets[rows] for rows in parts]
    return [(rows_of(objective.inputs, r), y, r.stop - r.start) for r, y in zip(parts, targets, strict=True)]


def dense_hessian(objective: Objective) -> Tensor:
    """Σ over ghost batches, by one backward pass per entry of the gradient."""
    theta = objective.parameters().requires_grad_()
    loss = torch.zeros((), dtype=theta.dtype)
    for inputs, targets, examples in batches(objective):
        loss = loss + loss_of(objective.loss, network(objective, theta), inputs, targets) * examples
    (slope,) = torch.autograd.grad(loss / objective.examples, theta, create_graph=True)
    rows_of_hessian = [torch.autograd.grad(entry, theta, retain_graph=True)[0] for entry in slope]
    return torch.stack(rows_of_hessian)


def dense_gauss_newton(objective: Objective) -> Tensor:
    """Σ Jᵀ (∇²_zℓ) J over ghost batches, with J and ∇²_zℓ of a whole batch's outputs written out."""
    loss = objective.loss
    assert loss is not None
    theta = objective.parameters()
    total = torch.zeros(objective.size, objective.size, dtype=theta.dtype)
    for inputs, targets, examples in batches(objective):
        z = outputs(objective, theta, inputs).detach()
        jacobian = torch.autograd.functional.jacobian(lambda t, x=inputs: outputs(objective, t, x), theta)
        curvature = hessian(lambda out, y=targets: loss(out, y))(z)
        jacobian = jacobian.reshape(z.numel(), -1)
        total += examples * jacobian.T @ curvature.reshape(z.numel(), z.numel()) @ jacobian
    return total / objective.examples


def dense_jacobian_gram(objective: Objective) -> Tensor:
    """Σ JᵀJ over ghost batches."""
    theta = objective.parameters()
    total = torch.zeros(objective.size, objective.size, dtype=theta.dtype)
    for inputs, _, _ in batches(objective):
        jacobian = torch.autograd.functional.jacobian(lambda t, x=inputs: outputs(objective, t, x), theta)
        jacobian = jacobian.reshape(-1, objective.size)
        total += jacobian.T @ jacobian
    return total / objective.examples


def outputs(objective: Objective, theta: Tensor, inputs: Inputs) -> Tensor:
    call = network(objective, theta)
    found: Tensor = call(inputs) if isinstance(inputs, Tensor) else call(**inputs)
    return found


DENSE = {
    HessianOperator: dense_hessian,
    GaussNewtonOperator: dense_gauss_newton,
    JacobianGramOperator: dense_jacobian_gram,
}
PAIRS = [(case, kind) for case in CASES for kind in DENSE if kind is HessianOperator or case.loss is not None]


@pytest.mark.parametrize("physical_batch", [None, 4], ids=["one-batch", "three-batches"])
@pytest.mark.parametrize(("case", "kind"), PAIRS, ids=[f"{case.name}-{kind.__name__}" for case, kind in PAIRS])
def test_products_with_all_unit_vectors_are_the_dense_matrix(
    case: Case, kind: type[CurvatureOperator[Any]], physical_batch: int | None
) -> None:
    objective = case.objective(physical_batch=physical_batch)
    with kind(objective, objective.parameters()) as operator:
        products = operator @ torch.eye(objective.size, dtype=torch.float64)
    torch.testing.assert_close(products, DENSE[kind](objective), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("kind", DENSE, ids=lambda kind: kind.__name__)
def test_a_product_with_a_vector_is_one_column_of_the_product_with_many(kind: type[CurvatureOperator[Any]]) -> None:
    objective = CASES[0].objective(physical_batch=3)
    operator = kind(objective, objective.parameters())
    columns = torch.randn(objective.size, 3, dtype=torch.float64)
    torch.testing.assert_close(operator @ columns[:, 1], (operator @ columns)[:, 1])
    assert (operator @ columns[:, :0]).shape == (objective.size, 0)


@pytest.mark.parametrize("name", ["mlp-gelu-ce", "sequence-ce", "dictionary-ce", "model-computes-loss"])
def test_physical_batches_do_not_change_the_matrices_where_examples_do_not_interact(name: str) -> None:
    (case,) = (case for case in CASES if case.name == name)
    whole = case.objective()
    theta, v = whole.parameters(), torch.randn(whole.size, dtype=torch.float64)
    for physical_batch in (1, 3, 5, 9):
        parts = case.objective(physical_batch=physical_batch)
        for kind in (HessianOperator, GaussNewtonOperator) if case.loss is not None else (HessianOperator,):
            torch.testing.assert_close(kind(parts, theta) @ v, kind(whole, theta) @ v, rtol=1e-12, atol=1e-12)


def test_with_squared_error_the_gauss_newton_matrix_is_the_jacobian_gram() -> None:
    objective = CASES[0].objective()
    jacobian = jacrev(lambda theta: outputs(objective, theta, objective.inputs))(objective.parameters())
    gram = torch.einsum("noi,noj->ij", jacobian, jacobian) / objective.examples
    operator = GaussNewtonOperator(objective, objective.parameters())
    torch.testing.assert_close(operator @ torch.eye(objective.size, dtype=torch.float64), gram)


def test_the_graph_is_built_once_for_one_batch_and_freed_by_close() -> None:
    passes: list[int] = []

    class Counting(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            passes.append(len(x))
            return super().forward(x)

    objective = Objective(Counting(5, 1), half_squared_error, torch.randn(4, 5), torch.randn(4, 1))
    operator = HessianOperator(objective, objective.parameters())
    v = torch.randn(objective.size)
    with operator:
        first = operator @ v
        torch.testing.assert_close(operator @ v, first)
        assert passes == [4]
    torch.testing.assert_close(operator @ v, first)
    assert passes == [4, 4]


def test_a_closed_hessian_no_longer_holds_the_gradient() -> None:
    objective = CASES[0].objective()
    operator = HessianOperator(objective, objective.parameters())
    gradient = ref(operator.gradient().gradient)
    assert gradient() is not None
    operator.close()
    assert gradient() is None


def passes_of(products: int, *, graph_bytes: int) -> tuple[int, Tensor]:
    """How often a network is gone through, in four batches, for a gradient and `products`; and the last product."""
    passes: list[int] = []

    class Counting(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            passes.append(len(x))
            return super().forward(x).tanh()

    torch.manual_seed(0)
    inputs, targets = torch.randn(8, 5, dtype=torch.float64), torch.randn(8, 1, dtype=torch.float64)
    objective = Objective(Counting(5, 1).double(), half_squared_error, inputs, targets, physical_batch=2)
    theta = objective.parameters()
    HessianOperator(objective, theta).gradient()  # how much a graph keeps is known after the first
    passes.clear()
    operator = HessianOperator(objective, theta, graph_bytes=graph_bytes)
    operator.gradient()
    for _ in range(products):
        image = operator @ torch.ones(objective.size, dtype=torch.float64)
    return len(passes), image


def test_graphs_of_several_batches_are_kept_within_their_budget_and_serve_the_gradient_too() -> None:
    all_kept, image = passes_of(3, graph_bytes=1 << 20)
    assert all_kept == 4
    none_kept, same = passes_of(3, graph_bytes=0)
    assert none_kept == 4 * (1 + 3)
    torch.testing.assert_close(same, image, rtol=1e-14, atol=0)
    operator = HessianOperator(CASES[0].objective(physical_batch=4), CASES[0].objective().parameters())
    operator.gradient()
    size = GRAPH_SIZES.of(operator)
    assert size is not None
    assert size > 0


def test_some_graphs_are_kept_where_the_budget_is_for_some() -> None:
    torch.manual_seed(0)
    objective = CASES[0].objective(physical_batch=3)
    theta, v = objective.parameters(), torch.randn(objective.size, dtype=torch.float64)
    whole = HessianOperator(objective, theta)
    expected = whole @ v
    size = GRAPH_SIZES.of(whole)
    assert size is not None
    some = HessianOperator(objective, theta, graph_bytes=int(2.5 * size))
    for _ in range(2):
        torch.testing.assert_close(some @ v, expected, rtol=1e-14, atol=0)
    torch.testing.assert_close(some.gradient().gradient, objective.gradient(theta).gradient, rtol=1e-14, atol=0)


@pytest.mark.parametrize("physical_batch", [None, 4], ids=["one-batch", "three-batches"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_gradient_that_comes_with_the_hessian_is_the_training_gradient_to_the_last_bit(
    case: Case, physical_batch: int | None
) -> None:
    objective = case.objective(physical_batch=physical_batch)
    theta = objective.parameters()
    own, training = HessianOperator(objective, theta).gradient(), objective.gradient(theta)
    # torch's fused attention has no second derivative, and its place is taken by one that rounds otherwise
    if case.name not in ("attention-ce", "sequence-ce"):
        assert torch.equal(own.gradient, training.gradient)
        assert own.loss == training.loss
    torch.testing.assert_close(own.gradient, training.gradient, rtol=1e-12, atol=1e-13)


def test_only_the_gradient_of_a_training_step_advances_the_buffers_of_a_batch_norm() -> None:
    (case,) = (case for case in CASES if case.name == "conv-batchnorm-ce")
    objective = case.objective()
    (norm,) = (module for module in objective.model.modules() if isinstance(module, nn.BatchNorm2d))
    assert norm.running_mean is not None
    before = norm.running_mean.clone()
    HessianOperator(objective, objective.parameters()).gradient()
    assert torch.equal(norm.running_mean, before)
    operator = HessianOperator(objective, objective.parameters())
    operator.gradient(advance_buffers=True)
    advanced = norm.running_mean.clone()
    assert not torch.equal(advanced, before)
    operator @ torch.ones(objective.size, dtype=torch.float64)
    assert torch.equal(norm.running_mean, advanced)


def test_parameters_that_the_loss_does_not_curve_along_give_zeros() -> None:
    model = mlp(nn.ReLU)
    model.register_parameter("unused", nn.Parameter(torch.ones(2)))
    targets = torch.randn(6, 3)
    objective = Objective(model, nn.functional.l1_loss, torch.randn(6, 5), targets)
    v = torch.randn(objective.size)
    unused = objective.size - 2  # named_parameters puts a module's own parameters first
    with HessianOperator(objective, objective.parameters()) as h:
        assert (h @ v)[:2].abs().max() == 0
        assert (h @ v)[-unused:].abs().max() > 0
    with GaussNewtonOperator(objective, objective.parameters()) as g:
        assert (g @ v).abs().max() == 0


def test_float32_products_agree_with_float64() -> None:
    objective = CASES[5].objective()
    inputs = objective.inputs
    assert isinstance(inputs, Tensor)
    single = Objective(objective.model.float(), objective.loss, inputs.float(), objective.targets)
    v = torch.randn(single.size)
    product = HessianOperator(single, single.parameters()) @ v
    objective.model.double()
    exact = HessianOperator(CASES[5].objective(), single.parameters().double()) @ v.double()
    torch.testing.assert_close(product.double(), exact, rtol=1e-4, atol=1e-5)


def test_a_vector_of_another_size_is_refused_with_both_sizes() -> None:
    objective = CASES[0].objective()
    with pytest.raises(ValueError, match=rf"\({objective.size},\).*\(7,\)"):
        HessianOperator(objective, objective.parameters()) @ torch.zeros(7)


def test_gauss_newton_refuses_a_model_with_several_outputs() -> None:
    class Pair(nn.Linear):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
            return super().forward(x), x

    objective = Objective(Pair(2, 2), lambda out, y: out[0].mean(), torch.zeros(3, 2), torch.zeros(3))
    with pytest.raises(TypeError, match="one tensor, not a tuple"):
        GaussNewtonOperator(objective, objective.parameters()) @ torch.zeros(objective.size)


def test_gauss_newton_refuses_a_model_that_computes_its_own_loss() -> None:
    objective = Objective(OwnLoss(), None, torch.zeros(3, 5), torch.zeros(3).long())
    with pytest.raises(TypeError, match="OwnLoss computes its own loss"):
        GaussNewtonOperator(objective, objective.parameters())
