"""torch's Adagrad."""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from eostui.dynamics.facts import Facts, Group, Update
from eostui.dynamics.formulas import DECAYING_STEP, GRADIENT_DESCENT
from eostui.dynamics.optim.clock import age
from eostui.objective.weights import real


def adagrad(params: ParamsT, lr: float, *, eps: float, weight_decay: float) -> torch.optim.Optimizer:
    """Adagrad with a constant step size η."""
    return torch.optim.Adagrad(params, lr, eps=eps, weight_decay=weight_decay)


def _update(optimizer: torch.optim.Optimizer, group: Group) -> Update | None:
    """Gradient descent over P⁻¹g with ηₜ = η/(1 + t·lr_decay) after t updates."""
    decay = float(group["lr_decay"])
    if not decay:
        return Update.of(group, 1.0, GRADIENT_DESCENT)
    updates = age(optimizer, group)
    if updates is None:
        return None
    update = Update.of(group, 1.0, DECAYING_STEP)
    return dataclasses.replace(update, step_size=update.step_size / (1 + updates * decay))


def _preconditioner(optimizer: torch.optim.Optimizer, group: Group, p: Tensor) -> Tensor | None:
    """√(Σg²) + ε; the state is there before the first update."""
    state = optimizer.state.get(p)
    if not state or not state["step"]:
        return None
    diagonal: Tensor = real(state["sum"]).sqrt() + group["eps"]
    return diagonal


FACTS = {torch.optim.Adagrad: Facts(_update, _preconditioner)}
