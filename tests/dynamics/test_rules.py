"""The update rules, beside the real optimizers, in discrete and in continuous time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck
from torch.optim import Optimizer

from eostui.dynamics.optim.scalar_rmsprop import ScalarRMSprop
from eostui.dynamics.optim.sgd import DecoupledSGD
from eostui.dynamics.preconditioner import preconditioner
from eostui.dynamics.rules import Adam, GradientDescent, RMSProp, ScalarRMSProp
from eostui.dynamics.update_rule import State, UpdateRule
from eostui.objective.objective import Objective
from tests.curvature.cases import CASES

LR, STEPS, DECAY = 0.05, 20, 0.3
SIZE = 5
Make = Callable[[Tensor], Optimizer]

GD, RMS, SCALAR = GradientDescent(), RMSProp(0.9, 1e-3), ScalarRMSProp(0.9, 1e-3)
ADAM, WITHOUT_MOMENTUM = Adam(0.8, 0.9, 1e-3), Adam(0.0, 0.9, 1e-3)
RULES = {"gd": GD, "rmsprop": RMS, "scalar-rmsprop": SCALAR, "adam": ADAM, "adam-without-momentum": WITHOUT_MOMENTUM}
PRECONDITIONED = {name: rule for name, rule in RULES.items() if name != "gd"}

BESIDE: dict[str, tuple[UpdateRule, Make, dict[str, float]]] = {
    "gd": (GD, lambda theta: torch.optim.SGD([theta], LR), {}),
    "gd-coupled": (GD, lambda theta: torch.optim.SGD([theta], LR, weight_decay=DECAY), {"coupled": DECAY}),
    "gd-decoupled": (GD, lambda theta: DecoupledSGD([theta], LR, decay=DECAY), {"decoupled": DECAY}),
    "rmsprop": (RMS, lambda theta: torch.optim.RMSprop([theta], LR, alpha=0.9, eps=1e-3), {}),
    "scalar-rmsprop": (SCALAR, lambda theta: ScalarRMSprop([theta], LR, beta2=0.9, eps=1e-3), {}),
    "scalar-rmsprop-coupled": (
        SCALAR,
        lambda theta: ScalarRMSprop([theta], LR, beta2=0.9, eps=1e-3, weight_decay=DECAY),
        {"coupled": DECAY},
    ),
    "adam": (ADAM, lambda theta: torch.optim.Adam([theta], LR, (0.8, 0.9), 1e-3), {}),
    "adam-without-momentum": (
        WITHOUT_MOMENTUM,
        lambda theta: torch.optim.Adam([theta], LR, (0.0, 0.9), 1e-3),
        {},
    ),
    "adam-coupled": (
        ADAM,
        lambda theta: torch.optim.Adam([theta], LR, (0.8, 0.9), 1e-3, weight_decay=DECAY),
        {"coupled": DECAY},
    ),
    "adamw": (
        ADAM,
        lambda theta: torch.optim.AdamW([theta], LR, (0.8, 0.9), 1e-3, weight_decay=DECAY),
        {"decoupled": DECAY},
    ),
}
"""A rule, the optimizer that does the same, and the weight decay of both."""


def gradient_of(objective: Objective, theta: Tensor) -> Tensor:
    gradient = objective.gradient(theta).gradient
    assert gradient is not None
    return gradient


@pytest.mark.parametrize(("rule", "make", "decay"), BESIDE.values(), ids=BESIDE)
def test_a_rule_moves_a_network_as_the_real_optimizer_does(
    rule: UpdateRule, make: Make, decay: dict[str, float]
) -> None:
    objective = CASES[0].objective()
    theta = objective.parameters()
    real = theta.clone()
    optimizer, state = make(real), rule.initial(theta)
    coupled, decoupled = decay.get("coupled", 0.0), decay.get("decoupled", 0.0)
    for _ in range(STEPS):
        real.grad = gradient_of(objective, real)
        optimizer.step()
        gradient = gradient_of(objective, theta) + coupled * theta
        theta, state = rule.step(theta, state, gradient, lr=LR, decay=decoupled)
        torch.testing.assert_close(theta, real, rtol=0, atol=1e-12)
    p = preconditioner(optimizer, [real])
    if rule is GD:
        assert p is None
    else:
        torch.testing.assert_close(rule.preconditioner(state).expand(theta.shape), p, rtol=1e-12, atol=0)


def gradients() -> Iterator[Tensor]:
    generator = torch.Generator().manual_seed(0)
    while True:
        yield torch.randn(SIZE, dtype=torch.float64, generator=generator)


def state_after(rule: UpdateRule, updates: int) -> State:
    state = rule.initial(torch.zeros(SIZE, dtype=torch.float64))
    for gradient in islice(gradients(), updates):
        state = rule.next(state, gradient)
    return state


def test_an_update_changes_neither_the_weights_nor_the_state_it_starts_from() -> None:
    theta = torch.ones(SIZE, dtype=torch.float64)
    for rule in RULES.values():
        state = state_after(rule, 3)
        before = {name: value.clone() for name, value in state.items()}
        rule.step(theta, state, torch.ones(SIZE, dtype=torch.float64), lr=LR, decay=DECAY)
        assert torch.equal(theta, torch.ones(SIZE, dtype=torch.float64))
        assert all(torch.equal(state[name], value) for name, value in before.items())


@pytest.mark.parametrize("updates", [1, 2, 7])
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_rate_at_the_end_of_a_step_is_the_change_within_it(rule: UpdateRule, updates: int) -> None:
    """b = (1−β)/β is what makes it exact; where t counts, ν̂ has the 1−β₂ᵗ of the step before in its place."""
    before, gradient = state_after(rule, updates), next(gradients())
    after = rule.next(before, gradient)
    rate = rule.rate(after, gradient)
    assert set(rate) == set(after)
    for name, value in after.items():
        expected = value - before[name]
        if name == "nu" and "t" in after:
            expected = expected * (1 - 0.9 ** before["t"]) / (1 - 0.9 ** after["t"])
        torch.testing.assert_close(rate[name], expected, rtol=1e-12, atol=1e-13)


def test_the_second_moment_of_adam_flows_as_that_of_rmsprop_does_but_for_its_bias() -> None:
    """Over a hundred steps with one gradient ν → ν̂ = ν/(1−β₂ᵗ), by small steps of Euler's method."""
    rule, substeps, gradient = Adam(0.0, 0.999, 0.0), 5, torch.full((SIZE,), 2.0, dtype=torch.float64)
    state = {"nu": torch.full((SIZE,), 1.0, dtype=torch.float64), "t": torch.tensor(100.0, dtype=torch.float64)}
    raw = {"nu": state["nu"] * (1 - 0.999**100)}
    for _ in range(100 * substeps):
        rate, raw_rate = rule.rate(state, gradient), RMSProp(0.999, 0.0).rate(raw, gradient)
        state = {name: value + rate[name] / substeps for name, value in state.items()}
        raw = {"nu": raw["nu"] + raw_rate["nu"] / substeps}
    assert state["t"].item() == pytest.approx(200)
    torch.testing.assert_close(state["nu"], raw["nu"] / (1 - 0.999**200), rtol=1e-3, atol=0)


@pytest.mark.parametrize("rule", PRECONDITIONED.values(), ids=PRECONDITIONED)
def test_p_is_differentiated_by_the_state(rule: UpdateRule) -> None:
    state = state_after(rule, 3)
    inputs = tuple(value.clone().requires_grad_() for value in state.values())

    def p(*values: Tensor) -> Tensor:
        return rule.preconditioner(dict(zip(state, values, strict=True)))

    assert gradcheck(p, inputs, eps=1e-7)
    by_state = torch.func.jacrev(rule.preconditioner)(state)
    correction = 1.0 if "t" not in state else 1 - rule.beta1 ** state["t"]  # type: ignore[attr-defined]
    expected = correction * torch.diag_embed(0.5 / state["nu"].reshape(-1).sqrt())
    torch.testing.assert_close(by_state["nu"].reshape(expected.shape), expected)


@pytest.mark.parametrize("rule", PRECONDITIONED.values(), ids=PRECONDITIONED)
def test_the_rate_has_a_second_derivative_by_the_gradient(rule: UpdateRule) -> None:
    """A flow takes the mean of the rate over an oscillation by it."""
    state = state_after(rule, 3)
    gradient = next(gradients()).requires_grad_()
    assert gradgradcheck(lambda g: rule.rate(state, g)["nu"], (gradient,))


@pytest.mark.parametrize("rule", [RMSProp(0.0, 0.0), ScalarRMSProp(0.0, 0.0), Adam(0.9, 0.0, 0.0)])
def test_an_average_without_memory_has_no_rate(rule: UpdateRule) -> None:
    with pytest.raises(ValueError, match="β = 0"):
        rule.rate(state_after(rule, 2), next(gradients()))
