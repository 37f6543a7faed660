"""The diagonal preconditioner of an adaptive optimizer, read from its own state."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from eostui.dynamics.facts import facts_of
from eostui.dynamics.thresholds import folded_step_sizes


@torch.no_grad()
def preconditioner(optimizer: torch.optim.Optimizer) -> Tensor | None:
    """P of `optimizer` after the updates it has made, (size,), in the order of its parameters; a fresh tensor.

    Where parameter groups differ in η it has their step sizes in it: P_g/η_g, or 1/η_g of plain gradient descent.
    Weights that have no moments in the state, for they never had a gradient, have P = ∞: nothing moves them.

    None where there is no P, or none yet: before the first update, and of a class that is not known.
    """
    facts = facts_of(optimizer)
    diagonal_of = None if facts is None else facts.preconditioner
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
