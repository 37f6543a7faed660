"""The diagonal preconditioner of an adaptive optimizer, read from its own state."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from eostui.dynamics.thresholds import Group, folded_step_sizes


@torch.no_grad()
def preconditioner(optimizer: torch.optim.Optimizer) -> Tensor | None:
    """P of `optimizer` after the updates it has made, (size,), in the order of its parameters; a fresh tensor.

    Where parameter groups differ in η it has their step sizes in it: P_g/η_g, or 1/η_g of plain gradient descent.
    Weights that have no moments in the state, for they never had a gradient, have P = ∞: nothing moves them.

    None where there is no P, or none yet: before the first update, and of a class that is not in `PRECONDITIONERS`.
    """
    diagonal_of = PRECONDITIONERS.get(type(optimizer))
    step_sizes = folded_step_sizes(optimizer)
    if diagonal_of is None and step_sizes is None:
        return None
    pieces, updated = [], False
    for index, group in enumerate(optimizer.param_groups):
        for p in group["params"]:
            diagonal = torch.ones_like(p) if diagonal_of is None else diagonal_of(optimizer, group, p)
            updated = updated or diagonal is not None
            if diagonal is None:
                diagonal = torch.full_like(p, math.inf)
            if step_sizes is not None:
                diagonal = diagonal * step_sizes[index]
            pieces.append(diagonal.to(p.dtype).expand(p.shape).reshape(-1))
    return torch.cat(pieces) if updated else None


def _of_adam(optimizer: torch.optim.Optimizer, group: Group, p: Tensor) -> Tensor | None:
    """(1−β₁ᵗ)(√v̂ + ε), v̂ = v/(1−β₂ᵗ); with amsgrad v is the largest so far, which torch takes before correcting it.

    The bias correction of Adam's m is in it, lest the threshold change with it (Cohen et al. 2022).
    """
    state = optimizer.state.get(p)
    if not state:
        return None
    beta1, beta2 = group["betas"]
    moment = state["max_exp_avg_sq"] if group["amsgrad"] else state["exp_avg_sq"]
    step = _number(state["step"], p)
    diagonal: Tensor = (1 - beta1**step) * ((moment / (1 - beta2**step)).sqrt() + group["eps"])
    return diagonal


def _of_nadam(optimizer: torch.optim.Optimizer, group: Group, p: Tensor) -> Tensor | None:
    """(1−Πμᵢ)(√v̂ + ε), the product over the t updates so far being what NAdam corrects its bias by."""
    state = optimizer.state.get(p)
    if not state:
        return None
    product, step = _number(state["mu_product"], p), _number(state["step"], p)
    corrected = state["exp_avg_sq"] / (1 - group["betas"][1] ** step)
    diagonal: Tensor = (1 - product) * (corrected.sqrt() + group["eps"])
    return diagonal


def _of_rmsprop(optimizer: torch.optim.Optimizer, group: Group, p: Tensor) -> Tensor | None:
    """√v + ε, without a correction of bias; centered √(v − ḡ²) + ε."""
    state = optimizer.state.get(p)
    if not state:
        return None
    moment = state["square_avg"]
    if group["centered"]:
        # As torch rounds it: with a constant gradient nothing else is left.
        moment = moment.addcmul(state["grad_avg"], state["grad_avg"], value=-1)
    diagonal: Tensor = moment.sqrt() + group["eps"]
    return diagonal


def _of_adagrad(optimizer: torch.optim.Optimizer, group: Group, p: Tensor) -> Tensor | None:
    """√(Σg²) + ε; the state is there before the first update."""
    state = optimizer.state.get(p)
    if not state or not state["step"]:
        return None
    diagonal: Tensor = state["sum"].sqrt() + group["eps"]
    return diagonal


def _number(value: Tensor, p: Tensor) -> Any:
    """A scalar of the state to compute with: a float, or on the device a tensor, lest the host wait for it."""
    return value.item() if value.is_cpu else value.to(p.dtype)


PRECONDITIONERS: dict[type[torch.optim.Optimizer], Callable[[torch.optim.Optimizer, Group, Tensor], Tensor | None]] = {
    torch.optim.Adam: _of_adam,
    torch.optim.AdamW: _of_adam,
    torch.optim.NAdam: _of_nadam,
    torch.optim.RMSprop: _of_rmsprop,
    torch.optim.Adagrad: _of_adagrad,
}
"""P of one parameter of each class, of a shape that expands to the parameter's; None before its first update. A
definition for one more optimizer is one more entry, beside that in `thresholds.UPDATES`."""
