"""SGD with decoupled weight decay."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import torch
from torch.optim.optimizer import ParamsT

from eostui.dynamics.thresholds import UPDATES, Group, Update, sgd_update


class DecoupledSGD(torch.optim.SGD):
    """θ ← (1 − ηw)θ, then torch's SGD step with the gradient from before: `decay` w is no part of the momentum.

    Loshchilov & Hutter 2019 (arXiv 1711.05101), with the decay times η as in torch's AdamW.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float,
        *,
        momentum: float = 0.0,
        dampening: float = 0.0,
        nesterov: bool = False,
        decay: float = 0.0,
    ) -> None:
        if decay < 0:
            raise ValueError(f"decay must be zero or positive, not {decay}")
        super().__init__(params, lr, momentum=momentum, dampening=dampening, nesterov=nesterov)
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


def _update(optimizer: torch.optim.Optimizer, group: Group) -> Update:
    return dataclasses.replace(sgd_update(optimizer, group), decoupled=float(group["decay"]))


UPDATES[DecoupledSGD] = _update
