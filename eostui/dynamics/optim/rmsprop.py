"""torch's RMSprop."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from eostui.dynamics.facts import Facts, Group, Update
from eostui.dynamics.formulas import GRADIENT_DESCENT, HEAVY_BALL
from eostui.dynamics.rules import RMSProp
from eostui.dynamics.update_rule import State
from eostui.objective.weights import real


def rmsprop(
    params: ParamsT, lr: float, *, beta2: float, eps: float, momentum: float, weight_decay: float, centered: bool
) -> torch.optim.Optimizer:
    """RMSprop, where torch calls β₂ alpha."""
    return torch.optim.RMSprop(
        params, lr, alpha=beta2, eps=eps, momentum=momentum, weight_decay=weight_decay, centered=centered
    )


def _update(_: torch.optim.Optimizer, group: Group) -> Update:
    """The heavy ball over P⁻¹g; gradient descent where the momentum is 0."""
    momentum = float(group["momentum"])
    formula = HEAVY_BALL if momentum else GRADIENT_DESCENT
    return Update.of(group, 1 / (1 + momentum), formula)


def _preconditioner(optimizer: torch.optim.Optimizer, group: Group, p: Tensor) -> Tensor | None:
    state = _state(optimizer, group, p)
    return None if state is None else _rule(group).preconditioner(state)


def _rule(group: Group) -> RMSProp:
    return RMSProp(group["alpha"], group["eps"])


def _state(optimizer: torch.optim.Optimizer, group: Group, p: Tensor) -> State | None:
    """The state of the rule. Centered, ν is the second moment about the mean, v − ḡ²."""
    found = optimizer.state.get(p)
    if not found:
        return None
    moment = real(found["square_avg"])
    if group["centered"]:
        mean = real(found["grad_avg"])
        # This rounds as torch does: with a constant gradient, only the rounding is left.
        moment = moment.addcmul(mean, mean, value=-1)
    return {"nu": moment}


FACTS = {torch.optim.RMSprop: Facts(_update, _preconditioner, _rule, _state)}
