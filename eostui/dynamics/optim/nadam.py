"""torch's NAdam."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from eostui.dynamics.facts import Facts, Group, Update
from eostui.dynamics.formulas import NADAM
from eostui.dynamics.optim.clock import age, number
from eostui.objective.weights import real


def nadam(
    params: ParamsT, lr: float, *, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool
) -> torch.optim.Optimizer:
    """NAdam, with weight decay that is part of the gradient or decoupled."""
    betas = (beta1, beta2)
    return torch.optim.NAdam(params, lr, betas, eps, weight_decay=weight_decay, decoupled_weight_decay=decoupled)


def _update(optimizer: torch.optim.Optimizer, group: Group) -> Update | None:
    """NAdam steps along (1−μₜ)g + μₜ₊₁m, with Adam's m. P includes both bias corrections.

    The formula neglects two differences: that of the bias corrections in the first few steps, and that of μₜ and μₜ₊₁,
    which is a part in 10⁴.
    """
    updates = age(optimizer, group)
    if updates is None:
        return None
    beta1 = float(group["betas"][0])
    momentum = beta1 * (1 - 0.5 * 0.96 ** (updates * group["momentum_decay"]))
    gain = (1 + beta1 - 2 * momentum * beta1) / (1 + beta1)
    return Update.of(group, gain, NADAM, decoupled=group["decoupled_weight_decay"])


def _preconditioner(optimizer: torch.optim.Optimizer, group: Group, p: Tensor) -> Tensor | None:
    """(1−Πμᵢ)(√v̂ + ε). NAdam corrects its bias by the product over the t updates so far."""
    state = optimizer.state.get(p)
    if not state:
        return None
    product, step = number(state["mu_product"], p), number(state["step"], p)
    corrected = real(state["exp_avg_sq"]) / (1 - group["betas"][1] ** step)
    diagonal: Tensor = (1 - product) * (corrected.sqrt() + group["eps"])
    return diagonal


FACTS = {torch.optim.NAdam: Facts(_update, _preconditioner)}
