"""How many updates a torch optimizer has made, as it counts them itself."""

from __future__ import annotations

import torch
from torch import Tensor

from eostui.dynamics.facts import Group


def age(optimizer: torch.optim.Optimizer, group: Group) -> float | None:
    """How many updates the weights of a group have had; None where these numbers differ.

    Weights without any update do not count: nothing moves them.
    """
    ages = {float(optimizer.state.get(p, {}).get("step", 0)) for p in group["params"]} - {0.0}
    return max(ages, default=0.0) if len(ages) <= 1 else None


def number(value: Tensor, p: Tensor) -> Tensor:
    """A scalar () of the state of p: in float64 on the CPU, else in the real dtype of p, as some GPUs lack float64."""
    return value.double() if value.is_cpu else value.to(p.dtype.to_real())
