"""RMSprop with one second moment for all weights."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from eostui.dynamics.facts import Facts, Group, Update
from eostui.dynamics.formulas import GRADIENT_DESCENT
from eostui.dynamics.rules import ScalarRMSProp
from eostui.dynamics.update_rule import State


class ScalarRMSprop(torch.optim.Optimizer):
    """ν ← β₂ν + (1−β₂)‖g‖², θ ← θ − ηg/(√ν + ε), with ν = 0 at first (Cohen et al. 2024, arXiv 2410.24206).

    ‖g‖ is over all weights, of all parameter groups. `weight_decay` w is coupled: g = ∇L(θ) + wθ.

    Raises ValueError for an lr, eps or weight decay below 0 and for a beta2 outside [0, 1).
    """

    def __init__(
        self, params: ParamsT, lr: float = 1e-2, *, beta2: float = 0.99, eps: float = 1e-8, weight_decay: float = 0.0
    ) -> None:
        if min(lr, eps, weight_decay) < 0:
            raise ValueError(f"lr, eps and weight_decay must be zero or positive, not {lr}, {eps} and {weight_decay}")
        if not 0 <= beta2 < 1:
            raise ValueError(f"beta2 must be from 0 up to, not including, 1, not {beta2}")
        super().__init__(params, {"lr": lr, "beta2": beta2, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One update; `closure`, where given, evaluates the loss and the gradients at the present weights."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        gradients = [
            [(p, _gradient(p, group["weight_decay"])) for p in group["params"] if p.grad is not None]
            for group in self.param_groups
        ]
        squares = [torch.linalg.vector_norm(g).square() for pairs in gradients for _, g in pairs]
        if not squares:
            return loss
        total = torch.stack(squares).sum()
        for group, pairs in zip(self.param_groups, gradients, strict=True):
            # The whole group has one number, which is kept in the state of its first parameter.
            state = self.state[group["params"][0]]
            moment = state.setdefault("square_norm_avg", torch.zeros_like(total))
            moment.lerp_(total, 1 - group["beta2"])
            step = group["lr"] / (moment.sqrt() + group["eps"])
            for p, g in pairs:
                p.sub_(step * g)
        return loss


def _gradient(p: Tensor, weight_decay: float) -> Tensor:
    assert p.grad is not None
    return p.grad.add(p, alpha=weight_decay) if weight_decay else p.grad


def scalar_rmsprop(params: ParamsT, lr: float, *, beta2: float, eps: float, weight_decay: float) -> ScalarRMSprop:
    """RMSprop with one ν for all weights."""
    return ScalarRMSprop(params, lr, beta2=beta2, eps=eps, weight_decay=weight_decay)


def _update(_: torch.optim.Optimizer, group: Group) -> Update:
    """Gradient descent over P⁻¹g."""
    return Update.of(group, 1.0, GRADIENT_DESCENT)


def _rule(group: Group) -> ScalarRMSProp:
    return ScalarRMSProp(group["beta2"], group["eps"])


def _state(optimizer: torch.optim.Optimizer, group: Group, _: Tensor) -> State | None:
    state = optimizer.state.get(group["params"][0])
    return {"nu": state["square_norm_avg"]} if state else None


def _preconditioner(optimizer: torch.optim.Optimizer, group: Group, p: Tensor) -> Tensor | None:
    """P of the rule: one number for all weights of the group."""
    state = _state(optimizer, group, p)
    return None if state is None else _rule(group).preconditioner(state)


FACTS = {ScalarRMSprop: Facts(_update, _preconditioner, _rule, _state)}
