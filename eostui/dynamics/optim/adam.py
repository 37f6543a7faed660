"""torch's Adam and AdamW."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from eostui.dynamics.facts import Facts, Group, Update
from eostui.dynamics.formulas import ADAM, ADAM_AT_ITS_DEFAULT
from eostui.dynamics.optim.clock import number
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
    """m ← β₁m + (1−β₁)g, the bias correction of m being part of P (Cohen et al. 2022)."""
    beta1 = float(group["betas"][0])
    formula = ADAM_AT_ITS_DEFAULT if beta1 == 0.9 else ADAM
    # Older versions of torch tell the two apart by the class alone.
    decoupled = group.get("decoupled_weight_decay", isinstance(optimizer, torch.optim.AdamW))
    return Update.of(group, (1 - beta1) / (1 + beta1), formula, decoupled=decoupled)


def _preconditioner(optimizer: torch.optim.Optimizer, group: Group, p: Tensor) -> Tensor | None:
    """(1−β₁ᵗ)(√v̂ + ε), v̂ = v/(1−β₂ᵗ); with amsgrad v is the largest so far, which torch takes before correcting it.

    The bias correction of Adam's m is in it, lest the threshold change with it (Cohen et al. 2022).
    """
    state = optimizer.state.get(p)
    if not state:
        return None
    beta1, beta2 = group["betas"]
    moment = real(state["max_exp_avg_sq"] if group["amsgrad"] else state["exp_avg_sq"])
    step = number(state["step"], p)
    diagonal: Tensor = (1 - beta1**step) * ((moment / (1 - beta2**step)).sqrt() + group["eps"])
    return diagonal


FACTS = {
    torch.optim.Adam: Facts(_update, _preconditioner),
    torch.optim.AdamW: Facts(_update, _preconditioner),
}
