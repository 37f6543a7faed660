"""Up to which curvature an optimizer is stable.

Every optimizer known here updates its weights in the same way,

    θ ← (1 − ηw)θ − ηP⁻¹u,

with decoupled weight decay w, a diagonal preconditioner P, and u what the momentum makes of the gradients. At the edge
the top direction of a quadratic flips its sign at every step, and so do g and u = κg, κ the momentum's gain at that
frequency. θ ← −θ then asks for (2 − ηw)θ = ηκP⁻¹Hθ: the threshold on the top eigenvalue of P⁻¹H is (2 − ηw)/(ηκ).
P and the coefficients that change with time are taken as they are now.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch


@dataclass(frozen=True)
class Threshold:
    """The largest `value` of the top eigenvalue of `operator` at which the optimizer is stable.

    value: NaN where there is no such threshold. operator: "hessian", or "preconditioned" for P^(-1/2) (H + wI) P^(-1/2)
    with P from `preconditioner`. formula: how the value came about, such as "2/η", or "n/a". weight_decay: the coupled
    w of a preconditioned operator; a threshold on the Hessian has it taken off its value instead.
    """

    value: float
    operator: str
    formula: str
    weight_decay: float = 0.0


NO_THRESHOLD = Threshold(math.nan, "hessian", "n/a")


class Formula(NamedTuple):
    """A threshold as a text: as it is, with decoupled weight decay, and with η (and that decay) taken into P."""

    plain: str
    decoupled: str
    folded: str


GRADIENT_DESCENT = Formula("2/η", "(2−ηw)/η", "2")
HEAVY_BALL = Formula("(2+2μ)/η", "(2−ηw)(1+μ)/η", "2+2μ")
DAMPENED = Formula("(2+2μ)/(η(1−d))", "(2−ηw)(1+μ)/(η(1−d))", "(2+2μ)/(1−d)")
NESTEROV = Formula("(2+2μ)/(η(1+2μ))", "(2−ηw)(1+μ)/(η(1+2μ))", "(2+2μ)/(1+2μ)")
ADAM = Formula("(2+2β₁)/((1−β₁)η)", "(2−ηw)(1+β₁)/((1−β₁)η)", "(2+2β₁)/(1−β₁)")
ADAM_AT_ITS_DEFAULT = Formula("38/η", "19(2−ηw)/η", "38")
NADAM = Formula("(2+2β₁)/(η(1+β₁−2μₜβ₁))", "(2−ηw)(1+β₁)/(η(1+β₁−2μₜβ₁))", "(2+2β₁)/(1+β₁−2μₜβ₁)")
DECAYING_STEP = Formula("2/ηₜ", "(2−ηₜw)/ηₜ", "2")


@dataclass(frozen=True)
class Update:
    """The next update of one parameter group: η, the momentum's gain κ, and weight decay that is coupled (part of the
    gradient) or decoupled."""

    step_size: float
    gain: float
    formula: Formula
    preconditioned: bool
    coupled: float = 0.0
    decoupled: float = 0.0


Group = dict[str, Any]
"""A parameter group as torch keeps it."""


def stability_threshold(optimizer: torch.optim.Optimizer) -> Threshold:
    """The stability threshold of `optimizer` with its present settings and state, on a quadratic.

    Parameter groups with unequal step sizes have one once η is taken into P; groups that differ in momentum or coupled
    weight decay have none, nor has ascent, nor a class that is not in `UPDATES`.
    """
    updates = group_updates(optimizer)
    if not updates:
        return NO_THRESHOLD
    update = updates[0]
    if _differ_in_step_size(updates):
        taken = "η and w" if any(each.decoupled for each in updates) else "η"
        value = 2 / update.gain if update.gain else math.inf
        return Threshold(value, "preconditioned", f"{update.formula.folded}, {taken} in P", update.coupled)
    speed = update.step_size * update.gain
    value = (2 - update.step_size * update.decoupled) / speed if speed else math.inf
    formula = update.formula.decoupled if update.decoupled else update.formula.plain
    if update.preconditioned:
        return Threshold(value, "preconditioned", formula, update.coupled)
    return Threshold(value - update.coupled, "hessian", f"{formula} − w" if update.coupled else formula)


def group_updates(optimizer: torch.optim.Optimizer) -> list[Update]:
    """The updates of all parameter groups, alike but for η and decoupled weight decay; empty where they are not."""
    update_of = UPDATES.get(type(optimizer))
    if update_of is None or any(group.get("maximize") for group in optimizer.param_groups):
        return []
    updates = [update_of(optimizer, group) for group in optimizer.param_groups]
    known = [update for update in updates if update is not None]
    kinds = {dataclasses.replace(update, step_size=0.0, decoupled=0.0) for update in known}
    return known if len(known) == len(updates) and len(kinds) == 1 else []


def folded_step_sizes(optimizer: torch.optim.Optimizer) -> list[float] | None:
    """(2 − ηw)/2η of every parameter group, which P is multiplied by where groups differ in it; None where not."""
    if len(optimizer.param_groups) == 1:
        return None  # without asking for the age, which may be on the device
    updates = group_updates(optimizer)
    if not _differ_in_step_size(updates):
        return None
    return [
        (2 - update.step_size * update.decoupled) / (2 * update.step_size) if update.step_size else math.inf
        for update in updates
    ]


def _differ_in_step_size(updates: list[Update]) -> bool:
    return len({(update.step_size, update.decoupled) for update in updates}) > 1


def sgd_update(_: torch.optim.Optimizer, group: Group) -> Update:
    """Gradient descent with the heavy ball b ← μb + (1−d)g, or Nesterov's step along g + μb (Cohen et al. 2021, B)."""
    momentum, dampening = float(group["momentum"]), float(group["dampening"])
    gain, formula = 1.0, GRADIENT_DESCENT
    if momentum and group["nesterov"]:
        gain, formula = (1 + 2 * momentum) / (1 + momentum), NESTEROV
    elif momentum:
        gain, formula = (1 - dampening) / (1 + momentum), DAMPENED if dampening else HEAVY_BALL
    return Update(float(group["lr"]), gain, formula, preconditioned=False, coupled=float(group["weight_decay"]))


def _adam_update(optimizer: torch.optim.Optimizer, group: Group) -> Update:
    """Adam and AdamW: m ← β₁m + (1−β₁)g, the bias correction of m being part of P (Cohen et al. 2022)."""
    beta1 = float(group["betas"][0])
    formula = ADAM_AT_ITS_DEFAULT if beta1 == 0.9 else ADAM
    # Older versions of torch tell the two apart by the class alone.
    decoupled = group.get("decoupled_weight_decay", isinstance(optimizer, torch.optim.AdamW))
    return _with_decay(group, (1 - beta1) / (1 + beta1), formula, decoupled=decoupled)


def _nadam_update(optimizer: torch.optim.Optimizer, group: Group) -> Update | None:
    """NAdam steps along (1−μₜ)g + μₜ₊₁m, with Adam's m, P taking up both bias corrections.

    In the first few steps these two differ, and so do μₜ and μₜ₊₁ by a part in 10⁴: neither is in the formula.
    """
    age = _age(optimizer, group)
    if age is None:
        return None
    beta1 = float(group["betas"][0])
    momentum = beta1 * (1 - 0.5 * 0.96 ** (age * group["momentum_decay"]))
    gain = (1 + beta1 - 2 * momentum * beta1) / (1 + beta1)
    return _with_decay(group, gain, NADAM, decoupled=group["decoupled_weight_decay"])


def rmsprop_update(_: torch.optim.Optimizer, group: Group) -> Update:
    """RMSprop: the heavy ball over P⁻¹g, where there is one at all."""
    momentum = float(group.get("momentum", 0))
    formula = HEAVY_BALL if momentum else GRADIENT_DESCENT
    return _with_decay(group, 1 / (1 + momentum), formula)


def _adagrad_update(optimizer: torch.optim.Optimizer, group: Group) -> Update | None:
    """Adagrad: gradient descent over P⁻¹g with ηₜ = η/(1 + t·lr_decay) after t updates."""
    decay = float(group["lr_decay"])
    if not decay:
        return _with_decay(group, 1.0, GRADIENT_DESCENT)
    age = _age(optimizer, group)
    if age is None:
        return None
    update = _with_decay(group, 1.0, DECAYING_STEP)
    return dataclasses.replace(update, step_size=update.step_size / (1 + age * decay))


def _with_decay(group: Group, gain: float, formula: Formula, *, decoupled: bool = False) -> Update:
    """The update of a preconditioned optimizer, with the group's weight decay where it belongs."""
    decay = float(group["weight_decay"])
    coupled, decoupled_decay = (0.0, decay) if decoupled else (decay, 0.0)
    return Update(float(group["lr"]), gain, formula, True, coupled, decoupled_decay)


def _age(optimizer: torch.optim.Optimizer, group: Group) -> float | None:
    """How many updates the weights of a group have had; None where some have had more than others.

    Those without any are left out: nothing moves them.
    """
    ages = {float(optimizer.state.get(p, {}).get("step", 0)) for p in group["params"]} - {0.0}
    return max(ages, default=0.0) if len(ages) <= 1 else None


UPDATES: dict[type[torch.optim.Optimizer], Callable[[torch.optim.Optimizer, Group], Update | None]] = {
    torch.optim.SGD: sgd_update,
    torch.optim.Adam: _adam_update,
    torch.optim.AdamW: _adam_update,
    torch.optim.NAdam: _nadam_update,
    torch.optim.RMSprop: rmsprop_update,
    torch.optim.Adagrad: _adagrad_update,
}
"""How each class updates a parameter group; None where its weights have none in common. A definition for one more
optimizer is one more entry. The class is looked up exactly, for a class derived from it may update as it likes."""
