"""P, held against what the real optimizers do with it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.optim import SGD, Adagrad, Adam, AdamW, NAdam, Optimizer, RMSprop

from eostui.dynamics.optim.scalar_rmsprop import ScalarRMSprop
from eostui.dynamics.preconditioner import preconditioner

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
    mu = [0.9 * (1 - 0.5 * 0.96 ** (0.004 * i)) for i in range(1, len(gradients) + 2)]
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
    return torch.cat([t.detach().reshape(-1) for t in tensors])


@pytest.mark.parametrize(("make", "direction"), ADAPTIVE.values(), ids=ADAPTIVE)
def test_every_update_is_the_step_size_times_the_direction_divided_by_p(
    make: Callable[[list[Tensor]], Optimizer], direction: Direction
) -> None:
    torch.manual_seed(0)
    weights = parameters()
    optimizer, gradients = make(weights), []
    for scale in (1.0, 3.0, 0.1, 0.01, 1.0, 0.5):  # falling gradients tell amsgrad from adam
        before = flat(weights)
        gradients.append(step(optimizer, weights, scale))
        p = preconditioner(optimizer)
        assert p is not None
        # torch keeps NAdam's Πμ in float32
        torch.testing.assert_close(flat(weights) - before, -LR * direction(gradients) / p, rtol=1e-7, atol=0)


@pytest.mark.parametrize(("make", "direction"), ADAPTIVE.values(), ids=ADAPTIVE)
def test_there_is_no_p_before_the_first_update(make: Callable[[list[Tensor]], Optimizer], direction: Direction) -> None:
    assert preconditioner(make(parameters())) is None


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("make", "direction"), ADAPTIVE.values(), ids=ADAPTIVE)
def test_p_is_a_fresh_vector_in_the_dtype_of_the_weights(
    make: Callable[[list[Tensor]], Optimizer], direction: Direction, dtype: torch.dtype
) -> None:
    weights = parameters(dtype)
    optimizer = make(weights)
    step(optimizer, weights)
    p = preconditioner(optimizer)
    assert p is not None
    assert (p.shape, p.dtype, p.requires_grad) == ((8,), dtype, False)
    kept = p.clone()
    p.zero_()
    again = preconditioner(optimizer)
    assert again is not None
    assert torch.equal(again, kept)


def test_p_survives_a_checkpoint() -> None:
    for make, _ in ADAPTIVE.values():
        weights, others = parameters(), parameters()
        optimizer, resumed = make(weights), make(others)
        step(optimizer, weights)
        resumed.load_state_dict(optimizer.state_dict())
        p, q = preconditioner(optimizer), preconditioner(resumed)
        assert p is not None
        assert q is not None
        assert torch.equal(p, q)


def test_weights_that_never_had_a_gradient_are_held_by_an_infinite_p() -> None:
    weights = parameters()
    optimizer = Adam(weights)
    weights[1].grad = torch.ones(2, 2, dtype=torch.float64)
    optimizer.step()
    p = preconditioner(optimizer)
    assert p is not None
    assert p.isinf().tolist() == [True] * 3 + [False] * 4 + [True]


def test_unequal_step_sizes_are_in_p() -> None:
    weights = parameters()
    groups: list[dict[str, Any]] = [{"params": weights[:1], "lr": 0.5}, {"params": weights[1:], "lr": 0.25}]
    p = preconditioner(SGD(groups, lr=1.0))
    assert p is not None
    assert p.tolist() == [2.0] * 3 + [4.0] * 5
    optimizer = RMSprop(groups)
    assert preconditioner(optimizer) is None
    torch.manual_seed(0)
    g = step(optimizer, weights)
    p = preconditioner(optimizer)
    assert p is not None
    torch.testing.assert_close(flat(weights), -g / p)


def test_weights_that_do_not_move_because_their_step_size_is_zero_have_an_infinite_p() -> None:
    weights = parameters()
    p = preconditioner(SGD([{"params": weights[:1], "lr": 0.0}, {"params": weights[1:]}], lr=0.5))
    assert p is not None
    assert p.tolist() == [math.inf] * 3 + [2.0] * 5


def test_plain_gradient_descent_and_unknown_optimizers_have_no_p() -> None:
    weights = parameters()
    for optimizer in (SGD(weights, lr=0.1, momentum=0.9), torch.optim.RAdam(weights)):
        step(optimizer, weights)
        assert preconditioner(optimizer) is None


@pytest.mark.parametrize("make", [Adam, AdamW, NAdam])
def test_a_clock_on_the_device_is_not_waited_for(make: type[Adam]) -> None:
    """On the meta device there are shapes and no numbers, and whoever asks for one gets an error."""
    weights = [torch.zeros(5, requires_grad=True)]
    optimizer = make(weights)
    step(optimizer, weights)
    on_device = [torch.zeros(5, device="meta", requires_grad=True)]
    other = make(on_device, capturable=True)
    other.state[on_device[0]] = {name: value.to("meta") for name, value in optimizer.state[weights[0]].items()}
    p = preconditioner(other)
    assert p is not None
    assert (p.device.type, p.shape) == ("meta", (5,))
