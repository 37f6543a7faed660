"""SGD: torch's, and ours with decoupled weight decay."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import torch
from torch.optim.optimizer import ParamsT

from eostui.dynamics.facts import Facts, Group, Update
from eostui.dynamics.formulas import DAMPENED, GRADIENT_DESCENT, HEAVY_BALL, NESTEROV
from eostui.dynamics.rules import GradientDescent


class DecoupledSGD(torch.optim.SGD):
    """θ ← (1 − ηw)θ, then torch's SGD step with the gradient from before. `decay` w is not part of the momentum.

    Loshchilov & Hutter 2019 (arXiv 1711.05101), with the decay times η as in torch's AdamW.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float,
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
        decay: float = 0.0,
    ) -> None:
        if decay < 0:
            raise ValueError(f"decay must be zero or positive, not {decay}")
        super().__init__(params, lr, momentum=momentum, nesterov=nesterov)
        self.defaults["decay"] = decay
        for group in self.param_groups:
            group.setdefault("decay", decay)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One update; `closure`, where given, evaluates the loss and the gradients at the present weights."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.mul_(1 - group["lr"] * group["decay"])
        super().step()
        return loss


def sgd(
    params: ParamsT, lr: float, *, weight_decay: float, decoupled: bool, momentum: float = 0.0, nesterov: bool = False
) -> torch.optim.Optimizer:
    """torch's SGD, or ours where the weight decay is decoupled; `nesterov` without momentum is gradient descent."""
    nesterov = nesterov and momentum > 0  # torch refuses Nesterov without momentum
    if decoupled:
        return DecoupledSGD(params, lr, momentum=momentum, nesterov=nesterov, decay=weight_decay)
    return torch.optim.SGD(params, lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay)


def nesterov(
    params: ParamsT, lr: float, *, momentum: float, weight_decay: float, decoupled: bool
) -> torch.optim.Optimizer:
    """SGD with Nesterov's momentum, as torch has it."""
    return sgd(params, lr, momentum=momentum, nesterov=True, weight_decay=weight_decay, decoupled=decoupled)


def _update(_: torch.optim.Optimizer, group: Group) -> Update:
    """Gradient descent with the heavy ball b ← μb + (1−d)g, or Nesterov's step along g + μb (Cohen et al. 2021, B)."""
    momentum, dampening = float(group["momentum"]), float(group["dampening"])
    gain, formula = 1.0, GRADIENT_DESCENT
    if momentum and group["nesterov"]:
        gain, formula = (1 + 2 * momentum) / (1 + momentum), NESTEROV
    elif momentum:
        gain, formula = (1 - dampening) / (1 + momentum), DAMPENED if dampening else HEAVY_BALL
    return Update.of(group, gain, formula)


def _decoupled_update(optimizer: torch.optim.Optimizer, group: Group) -> Update:
    return dataclasses.replace(_update(optimizer, group), decoupled=float(group["decay"]))


def _rule(_: Group) -> GradientDescent:
    return GradientDescent()


FACTS = {torch.optim.SGD: Facts(_update, rule=_rule), DecoupledSGD: Facts(_decoupled_update, rule=_rule)}
