"""What is known of a class of torch optimizers: how it updates its weights, and what its preconditioner is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Self

import torch
from torch import Tensor

from eostui.dynamics.formulas import Formula
from eostui.dynamics.optimizers import OPTIMIZERS
from eostui.dynamics.update_rule import State, UpdateRule

Group = dict[str, Any]
"""A parameter group as torch keeps it."""


@dataclass(frozen=True)
class Update:
    """The next update of one parameter group: η, the momentum's gain κ, and weight decay.

    The weight decay is coupled, which means that it is part of the gradient, or decoupled.
    """

    step_size: float
    gain: float
    formula: Formula
    coupled: float = 0.0
    decoupled: float = 0.0

    @classmethod
    def of(cls, group: Group, gain: float, formula: Formula, *, decoupled: bool = False) -> Self:
        """With the group's `lr` and its `weight_decay`, which is `decoupled` or coupled."""
        decay = float(group["weight_decay"])
        coupled, decoupled_decay = (0.0, decay) if decoupled else (decay, 0.0)
        return cls(float(group["lr"]), gain, formula, coupled, decoupled_decay)


@dataclass(frozen=True)
class Facts:
    """What is known of one class of torch optimizers.

    update: the next update of a parameter group; None where the weights of the group have no update in common.
    preconditioner: P of one parameter of a group, in a shape that expands to the parameter's (as real numbers); None
    before the first update of that parameter. A class without P, such as gradient descent, has no such function.
    rule: the update rule of a parameter group, without its momentum, which flows follow; None for a class that has no
    flow. state: the state of that rule for one parameter of a group; None before its first update.
    """

    update: Callable[[torch.optim.Optimizer, Group], Update | None]
    preconditioner: Callable[[torch.optim.Optimizer, Group, Tensor], Tensor | None] | None = None
    rule: Callable[[Group], UpdateRule] | None = None
    state: Callable[[torch.optim.Optimizer, Group, Tensor], State | None] = lambda *_: {}


def facts_of(optimizer: torch.optim.Optimizer) -> Facts | None:
    """What is known of an optimizer's class; None for a class that the catalogue does not have.

    The class must match exactly: a class derived from it may update in another way.
    """
    return _facts().get(type(optimizer))


@cache
def _facts() -> Mapping[type[torch.optim.Optimizer], Facts]:
    modules = {entry.build.partition(":")[0] for entry in OPTIMIZERS.values()}
    return {kind: facts for module in modules for kind, facts in import_module(module).FACTS.items()}
