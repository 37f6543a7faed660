"""P, held against what the real optimizers do with it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim import SGD, Adagrad, Adam, AdamW, NAdam, Optimizer, RMSprop

from eostui.curvature.operators.hessian import HessianOperator
from eostui.curvature.operators.preconditioned_hessian import PreconditionedHessianOperator
from eostui.dynamics.optim.scalar_rmsprop import ScalarRMSprop
from eostui.dynamics.preconditioner import preconditioner
from eostui.objective.objective import Objective
from eostui.objective.weights import flatten
from tests.curvature.cases import CASES
from tests.curvature.operators.test_operators import dense_hessian

LR = 0.1
SHAPES = [(3,), (2, 2), ()]
Direction = Callable[[list[Tensor]], Tensor]
"""From the gradients so far, each (size,), to u in θ ← θ − ηP⁻¹u."""


def first_moment(gradients: list[Tensor], beta1: float = 0.9) -> Tensor:
    m = torch.zeros_like(gradients[0])
    for g in gradients:
        m = beta1 * m + (1 - beta1) * g
    return m


def nesterov_moment(gradients: list[Tensor]) -> Tensor:
    """NAdam's direction, as its paper has it, times the 1 − Πμ that is in P."""
    mu: list[float] = [0.9 * (1 - 0.5 * 0.96 ** (0.004 * i)) for i in range(1, len(gradients) + 2)]
    here, ahead = 1 - math.prod(mu[:-1]), 1 - math.prod(mu)
    return here * (mu[-1] * first_moment(gradients) / ahead + (1 - mu[-2]) * gradients[-1] / here)


def last(gradients: list[Tensor]) -> Tensor:
    return gradients[-1]


def decaying(gradients: list[Tensor]) -> Tensor:
    return gradients[-1] / (1 + 0.5 * (len(gradients) - 1))


ADAPTIVE: dict[str, tuple[Callable[[list[Tensor]], Optimizer], Direction]] = {
    "adam": (lambda weights: Adam(weights, lr=LR), first_moment),
    "adam-eps": (lambda weights: Adam(weights, lr=LR, eps=0.5, betas=(0.9, 0.7)), first_moment),
    "amsgrad": (lambda weights: Adam(weights, lr=LR, amsgrad=True, betas=(0.9, 0.5)), first_moment),
    "adamw": (lambda weights: AdamW(weights, lr=LR, weight_decay=0.0), first_moment),
    "nadam": (lambda weights: NAdam(weights, lr=LR), nesterov_moment),
    "rmsprop": (lambda weights: RMSprop(weights, lr=LR, eps=0.1), last),
    "rmsprop-centered": (lambda weights: RMSprop(weights, lr=LR, centered=True), last),
    "scalar-rmsprop": (lambda weights: ScalarRMSprop(weights, lr=LR, eps=0.1), last),
    "adagrad": (lambda weights: Adagrad(weights, lr=LR, initial_accumulator_value=2.0), last),
    "adagrad-lr-decay": (lambda weights: Adagrad(weights, lr=LR, lr_decay=0.5), decaying),
}


def parameters(dtype: torch.dtype = torch.float64) -> list[Tensor]:
    return [torch.zeros(shape, dtype=dtype, requires_grad=True) for shape in SHAPES]


def step(optimizer: Optimizer, weights: list[Tensor], scale: float = 1.0) -> Tensor:
    """One update by random gradients, which are returned in one vector."""
    for w in weights:
        w.grad = scale * torch.randn_like(w)
    optimizer.step()
    return flat([w.grad for w in weights if w.grad is not None])


def flat(tensors: list[Tensor]) -> Tensor:
    return flatten([t.detach() for t in tensors])


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
@pytest.mark.parametrize(("make", "direction"), ADAPTIVE.values(), ids=ADAPTIVE)
def test_every_update_is_the_step_size_times_the_direction_divided_by_p(
    make: Callable[[list[Tensor]], Optimizer], direction: Direction, dtype: torch.dtype
) -> None:
    torch.manual_seed(0)
    weights = parameters(dtype)
    optimizer, gradients = make(weights), []
    for scale in (1.0, 3.0, 0.1, 0.01, 1.0, 0.5):  # falling gradients tell amsgrad from adam
        before = flat(weights)
        gradients.append(step(optimizer, weights, scale))
        p = preconditioner(optimizer, weights)
        assert p is not None
        # torch keeps NAdam's Πμ in float32
        torch.testing.assert_close(flat(weights) - before, -LR * direction(gradients) / p, rtol=1e-7, atol=0)


@pytest.mark.parametrize(("make", "direction"), ADAPTIVE.values(), ids=ADAPTIVE)
def test_there_is_no_p_before_the_first_update(make: Callable[[list[Tensor]], Optimizer], direction: Direction) -> None:
    weights = parameters()
    assert preconditioner(make(weights), weights) is None


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("make", "direction"), ADAPTIVE.values(), ids=ADAPTIVE)
def test_p_is_a_fresh_vector_in_the_dtype_of_the_weights(
    make: Callable[[list[Tensor]], Optimizer], direction: Direction, dtype: torch.dtype
) -> None:
    weights = parameters(dtype)
    optimizer = make(weights)
    step(optimizer, weights)
    p = preconditioner(optimizer, weights)
    assert p is not None
    assert (p.shape, p.dtype, p.requires_grad) == ((8,), dtype, False)
    kept = p.clone()
    p.zero_()
    again = preconditioner(optimizer, weights)
    assert again is not None
    assert torch.equal(again, kept)


def test_p_survives_a_checkpoint() -> None:
    for make, _ in ADAPTIVE.values():
        weights, others = parameters(), parameters()
        optimizer, resumed = make(weights), make(others)
        step(optimizer, weights)
        resumed.load_state_dict(optimizer.state_dict())
        p, q = preconditioner(optimizer, weights), preconditioner(resumed, others)
        assert p is not None
        assert q is not None
        assert torch.equal(p, q)


def test_weights_that_never_had_a_gradient_are_held_by_an_infinite_p() -> None:
    weights = parameters()
    optimizer = Adam(weights)
    weights[1].grad = torch.ones(2, 2, dtype=torch.float64)
    optimizer.step()
    p = preconditioner(optimizer, weights)
    assert p is not None
    assert p.isinf().tolist() == [True] * 3 + [False] * 4 + [True]


def test_unequal_step_sizes_are_in_p() -> None:
    weights = parameters()
    groups: list[dict[str, Any]] = [{"params": weights[:1], "lr": 0.5}, {"params": weights[1:], "lr": 0.25}]
    p = preconditioner(SGD(groups, lr=1.0), weights)
    assert p is not None
    assert p.tolist() == [2.0] * 3 + [4.0] * 5
    optimizer = RMSprop(groups)
    assert preconditioner(optimizer, weights) is None
    torch.manual_seed(0)
    g = step(optimizer, weights)
    p = preconditioner(optimizer, weights)
    assert p is not None
    torch.testing.assert_close(flat(weights), -g / p)


def test_weights_that_do_not_move_because_their_step_size_is_zero_have_an_infinite_p() -> None:
    weights = parameters()
    groups: list[dict[str, Any]] = [{"params": weights[:1], "lr": 0.0}, {"params": weights[1:]}]
    optimizer = SGD(groups, lr=0.5)
    p = preconditioner(optimizer, weights)
    assert p is not None
    assert p.tolist() == [math.inf] * 3 + [2.0] * 5


def test_plain_gradient_descent_and_unknown_optimizers_have_no_p() -> None:
    weights = parameters()
    for optimizer in (SGD(weights, lr=0.1, momentum=0.9), torch.optim.RAdam(weights)):
        step(optimizer, weights)
        assert preconditioner(optimizer, weights) is None


def one_group(model: nn.Module) -> list[dict[str, Any]]:
    return [{"params": list(model.parameters())}]


def weights_and_biases(model: nn.Module, **of_biases: float) -> list[dict[str, Any]]:
    """The groups of most training scripts."""
    named = list(model.named_parameters())
    biases = [p for name, p in named if name.endswith("bias")]
    others = [p for name, p in named if not name.endswith("bias")]
    return [{"params": others}, {"params": biases, **of_biases}]


def after_one_step(groups: Callable[[nn.Module], list[dict[str, Any]]]) -> tuple[Objective, Adam]:
    """A network after one step of Adam by the gradient of its loss."""
    objective = CASES[0].objective()
    optimizer = Adam(groups(objective.model), lr=0.5)
    gradient = objective.gradient(objective.parameters()).gradient
    assert gradient is not None
    for p, g in zip(objective.weights.parameters, objective.split(gradient), strict=True):
        p.grad = g
    optimizer.step()
    return objective, optimizer


@pytest.mark.parametrize("groups", [one_group, weights_and_biases])
def test_p_is_in_the_order_of_theta_however_the_optimizer_groups_its_weights(
    groups: Callable[[nn.Module], list[dict[str, Any]]],
) -> None:
    objective, optimizer = after_one_step(groups)
    p = preconditioner(optimizer, objective.weights.parameters)
    by_hand = {
        name: (1 - 0.9) * ((optimizer.state[w]["exp_avg_sq"] / (1 - 0.999)).sqrt() + 1e-8).reshape(-1)
        for name, w in objective.model.named_parameters()
    }
    expected = torch.cat([by_hand[name] for name in objective.weights.by_name])
    assert p is not None
    torch.testing.assert_close(p, expected, rtol=1e-12, atol=0)

    with HessianOperator(objective, objective.parameters()) as hessian:
        operator = PreconditionedHessianOperator(hessian, p)
        found = torch.linalg.eigvalsh(operator @ torch.eye(operator.size, dtype=torch.float64))
    dense = dense_hessian(objective) * expected.rsqrt() * expected.rsqrt()[:, None]
    torch.testing.assert_close(found, torch.linalg.eigvalsh(dense), rtol=1e-9, atol=1e-9)


def test_the_step_size_in_p_is_that_of_each_weights_own_group() -> None:
    objective, optimizer = after_one_step(lambda model: weights_and_biases(model, lr=0.25))
    other, alike = after_one_step(one_group)
    p = preconditioner(optimizer, objective.weights.parameters)
    q = preconditioner(alike, other.weights.parameters)
    assert p is not None
    assert q is not None
    biases = flatten([torch.full_like(w, name.endswith("bias")) for name, w in objective.weights.by_name.items()])
    torch.testing.assert_close(p, q * torch.where(biases == 1, 4.0, 2.0))


def test_p_is_that_of_the_weights_asked_for_and_of_no_others() -> None:
    objective, optimizer = after_one_step(one_group)
    first, *_, last = objective.weights.parameters
    whole = preconditioner(optimizer, objective.weights.parameters)
    some = preconditioner(optimizer, [last, first])
    assert whole is not None
    assert some is not None
    assert torch.equal(some, torch.cat([whole[-last.numel() :], whole[: first.numel()]]))


@pytest.mark.parametrize("make", [SGD, Adam, torch.optim.RAdam])
def test_a_weight_that_the_optimizer_does_not_have_is_refused(make: Callable[..., Optimizer]) -> None:
    weights = parameters()
    optimizer = make(weights[:2], lr=LR)
    with pytest.raises(ValueError, match=r"does not have weight 3 of 3, of shape \(\): give"):
        preconditioner(optimizer, weights)
    with pytest.raises(ValueError, match="weight 1 of 1"):  # the same numbers are not the same weight
        preconditioner(optimizer, [weights[0].detach()])


@pytest.mark.parametrize("make", [Adam, AdamW, NAdam])
def test_a_clock_on_the_device_is_not_waited_for(make: type[Adam]) -> None:
    """On the meta device there are shapes and no numbers, and whoever asks for one gets an error."""
    weights = [torch.zeros(5, requires_grad=True)]
    optimizer = make(weights)
    step(optimizer, weights)
    on_device = [torch.zeros(5, device="meta", requires_grad=True)]
    other = make(on_device, capturable=True)
    other.state[on_device[0]] = {name: value.to("meta") for name, value in optimizer.state[weights[0]].items()}
    p = preconditioner(other, on_device)
    assert p is not None
    assert (p.device.type, p.shape) == ("meta", (5,))
