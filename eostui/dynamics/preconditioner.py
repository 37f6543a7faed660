"""The diagonal preconditioner of an adaptive optimizer, read from its own state."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from eostui.dynamics.facts import facts_of
from eostui.dynamics.thresholds import folded_step_sizes
from eostui.objective.weights import flatten, real


@torch.no_grad()
def preconditioner(optimizer: torch.optim.Optimizer, weights: Sequence[Tensor]) -> Tensor | None:
    """P of `optimizer` after the updates it has made, (size,), in the order of `weights`; a new tensor.

    Where parameter groups differ in η, P includes their step sizes: P_g/η_g, or 1/η_g for plain gradient descent.
    Weights that never had a gradient have no moments in the state. Their P is ∞: nothing moves them.

    Args:
        optimizer: any of torch's. It may have the weights in any order and in any parameter groups, and other weights.
        weights: the tensors that the optimizer updates, in the order that they have in θ: `Weights.parameters` of an
            objective, or the one tensor θ where the optimizer updates all weights as one flat vector. A tensor with
            the same numbers is not the same weight.

    Returns None where the optimizer has no P, has none before its first update, or is of an unknown class.

    Raises ValueError for a weight that the optimizer does not have.
    """
    groups = _groups_of(weights, optimizer)
    facts = facts_of(optimizer)
    diagonal_of = None if facts is None else facts.preconditioner
    step_sizes = folded_step_sizes(optimizer)
    if diagonal_of is None and step_sizes is None:
        return None
    pieces, updated = [], False
    for p, index in zip(weights, groups, strict=True):
        numbers = real(p)
        diagonal = torch.ones_like(numbers)
        if diagonal_of is not None:
            found = diagonal_of(optimizer, optimizer.param_groups[index], p)
            diagonal = torch.full_like(numbers, math.inf) if found is None else found
            updated = updated or found is not None
        if step_sizes is not None:
            diagonal = diagonal * step_sizes[index]
        pieces.append(diagonal.to(numbers.dtype).expand(numbers.shape))
    return flatten(pieces) if updated or diagonal_of is None else None


def _groups_of(weights: Sequence[Tensor], optimizer: torch.optim.Optimizer) -> list[int]:
    """The number of the parameter group that each of the weights is in."""
    groups = {id(p): index for index, group in enumerate(optimizer.param_groups) for p in group["params"]}
    for number, p in enumerate(weights, start=1):
        if id(p) not in groups:
            raise ValueError(
                f"the optimizer does not have weight {number} of {len(weights)}, of shape {tuple(p.shape)}: give the "
                "optimizer every parameter that requires a gradient, or freeze this one by requires_grad_(False)"
            )
    return [groups[id(p)] for p in weights]
