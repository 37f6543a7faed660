"""What moves a flow: an optimizer's update rule, in the units that the flows are written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from eostui.dynamics.facts import facts_of
from eostui.dynamics.update_rule import State, UpdateRule


@dataclass(frozen=True)
class Law:
    """w' = −P⁻¹∇L and s' = rate(s, ∇L), where one unit of time is one step and P = rule.preconditioner(s)/η.

    rule: the optimizer's, whose state s is that of the flow; of Adam's state, the flow has no u. lr: η. edge: c, the
    largest stable eigenvalue of P⁻¹H: 2, or for Adam 2(1+β₁)/(1−β₁). decay: the coupled weight decay w, which is part
    of L: its gradient is ∇L + wθ, its Hessian H + wI.
    """

    rule: UpdateRule
    lr: float
    edge: float = 2.0
    decay: float = 0.0

    def preconditioner(self, state: State) -> Tensor:
        """P, (size,) or one number () for all weights."""
        return self.rule.preconditioner(state) / self.lr


def law_of(optimizer: torch.optim.Optimizer) -> Law:
    """The law of the flows of an optimizer with one parameter group, as it is now.

    Momentum μ with dampening d makes the mean update as long as that of a step size η(1−d)/(1−μ). β₁ of Adam does not:
    its u is a mean of gradients.

    Raises ValueError for an optimizer that has no flow, and for several parameter groups.
    """
    facts = facts_of(optimizer)
    if facts is None or facts.rule is None or len(optimizer.param_groups) > 1:
        raise ValueError(f"{type(optimizer).__name__} with {len(optimizer.param_groups)} parameter groups has no flow")
    (group,) = optimizer.param_groups
    update = facts.update(optimizer, group)
    assert update is not None  # one group has an update in common with itself
    momentum, dampening = float(group.get("momentum", 0.0)), float(group.get("dampening", 0.0))
    gained = (1 - dampening) / (1 - momentum) if momentum else 1.0
    # A group's momentum is in its gain, and c is that of the step size in the law.
    return Law(facts.rule(group), update.step_size * gained, 2 / update.gain * gained, update.coupled)


def state_of(optimizer: torch.optim.Optimizer, theta: Tensor) -> State | None:
    """The state of the rule for θ (size,), the optimizer's one parameter; None before its first update.

    Its tensors are copies. It has no u, which a flow does without.
    """
    facts = facts_of(optimizer)
    assert facts is not None
    found = facts.state(optimizer, optimizer.param_groups[0], theta)
    if found is None:
        return None
    return {name: value.detach().clone() for name, value in found.items() if name != "u"}


class Layout:
    """Weights and the state of a rule as one vector y, as an integrator takes it."""

    def __init__(self, theta: Tensor, state: State) -> None:
        self._shapes: Mapping[str, torch.Size] = {name: value.shape for name, value in state.items()}
        self._sizes = [theta.numel(), *(value.numel() for value in state.values())]

    def packed(self, theta: Tensor, state: State) -> Tensor:
        """y, (size + state,); `state` has the names and shapes that the layout was made with."""
        parts = [theta, *(state[name].reshape(-1).to(theta) for name in self._shapes)]
        return torch.cat(parts) if len(parts) > 1 else theta

    def parts(self, y: Tensor) -> tuple[Tensor, State]:
        """θ (size,) and s, as views of y."""
        theta, *values = y.split(self._sizes)
        return theta, {
            name: value.view(shape) for (name, shape), value in zip(self._shapes.items(), values, strict=True)
        }
