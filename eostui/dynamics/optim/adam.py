"""torch's Adam and AdamW."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from eostui.dynamics.facts import Facts, Group, Update
from eostui.dynamics.formulas import ADAM, ADAM_AT_ITS_DEFAULT
from eostui.dynamics.optim.clock import number
from eostui.dynamics.rules import Adam
from eostui.dynamics.update_rule import State
from eostui.objective.weights import real


def adam(
    params: ParamsT, lr: float, *, beta1: float, beta2: float, eps: float, weight_decay: float
) -> torch.optim.Optimizer:
    """Adam, whose weight decay is part of the gradient."""
    return torch.optim.Adam(params, lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay)


def adamw(
    params: ParamsT, lr: float, *, beta1: float, beta2: float, eps: float, weight_decay: float
) -> torch.optim.Optimizer:
    """AdamW, whose weight decay is decoupled."""
    return torch.optim.AdamW(params, lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay)


def _update(optimizer: torch.optim.Optimizer, group: Group) -> Update:
    """m ← β₁m + (1−β₁)g. The bias correction of m is part of P (Cohen et al. 2022)."""
    beta1 = float(group["betas"][0])
    formula = ADAM_AT_ITS_DEFAULT if beta1 == 0.9 else ADAM
    # In older versions of torch, only the class says which of the two it is.
    decoupled = group.get("decoupled_weight_decay", isinstance(optimizer, torch.optim.AdamW))
    return Update.of(group, (1 - beta1) / (1 + beta1), formula, decoupled=decoupled)


def _preconditioner(optimizer: torch.optim.Optimizer, group: Group, p: Tensor) -> Tensor | None:
    state = _state(optimizer, group, p)
    return None if state is None else _rule(group).preconditioner(state)


def _rule(group: Group) -> Adam:
    beta1, beta2 = group["betas"]
    return Adam(beta1, beta2, group["eps"])


def _state(optimizer: torch.optim.Optimizer, group: Group, p: Tensor) -> State | None:
    """The state of the rule. With amsgrad ν is the largest so far, which torch takes before it corrects the bias."""
    found = optimizer.state.get(p)
    if not found:
        return None
    t, moment = number(found["step"], p), found["max_exp_avg_sq" if group["amsgrad"] else "exp_avg_sq"]
    return {"nu": real(moment) / (1 - group["betas"][1] ** t), "t": t, "u": real(found["exp_avg"])}


FACTS = {
    torch.optim.Adam: Facts(_update, _preconditioner, _rule, _state),
    torch.optim.AdamW: Facts(_update, _preconditioner, _rule, _state),
}
