"""The largest curvature at which an optimizer is stable.

Every optimizer known here updates its weights by

    θ ← (1 − ηw)θ − ηP⁻¹u,

with decoupled weight decay w, a diagonal preconditioner P, and the direction u that momentum makes of the gradients. At
the edge, the component of θ along the top direction of a quadratic flips its sign at every step. g and u = κg flip with
it, where κ is the momentum's gain at that frequency. θ ← −θ then means (2 − ηw)θ = ηκP⁻¹Hθ: the threshold on the top
eigenvalue of P⁻¹H is (2 − ηw)/(ηκ). P and all coefficients that change with time have their present values.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import torch

from eostui.dynamics.facts import Update, facts_of
from eostui.dynamics.formulas import Matrix


@dataclass(frozen=True)
class Threshold:
    """The largest `value` of the top eigenvalue of `matrix` at which the optimizer is stable.

    value: NaN where there is no such threshold. matrix: P of a preconditioned matrix is that of `preconditioner`.
    formula: the formula of the value, such as "2/η", or "n/a". weight_decay: the coupled w of a preconditioned matrix;
    for the Hessian, w is subtracted from the value instead.
    """

    value: float
    matrix: Matrix
    formula: str
    weight_decay: float = 0.0


NO_THRESHOLD = Threshold(math.nan, Matrix.HESSIAN, "n/a")


def stability_threshold(optimizer: torch.optim.Optimizer) -> Threshold:
    """The stability threshold of `optimizer` with its present settings and state, on a quadratic.

    Parameter groups with unequal step sizes have a threshold if η is made part of P. There is no threshold for groups
    that differ in momentum or coupled weight decay, for ascent, and for an unknown class.
    """
    updates = group_updates(optimizer)
    if not updates:
        return NO_THRESHOLD
    update = updates[0]
    if _differ_in_step_size(updates):
        taken = "η and w" if any(each.decoupled for each in updates) else "η"
        value = 2 / update.gain if update.gain else math.inf
        return Threshold(value, Matrix.PRECONDITIONED, f"{update.formula.folded}, {taken} in P", update.coupled)
    speed = update.step_size * update.gain
    value = (2 - update.step_size * update.decoupled) / speed if speed else math.inf
    formula = update.formula.decoupled if update.decoupled else update.formula.plain
    facts = facts_of(optimizer)
    if facts is not None and facts.preconditioner is not None:
        return Threshold(value, Matrix.PRECONDITIONED, formula, update.coupled)
    return Threshold(value - update.coupled, Matrix.HESSIAN, f"{formula} − w" if update.coupled else formula)


def group_updates(optimizer: torch.optim.Optimizer) -> list[Update]:
    """The updates of all parameter groups; empty where they differ in more than η and decoupled weight decay."""
    facts = facts_of(optimizer)
    if facts is None or any(group.get("maximize") for group in optimizer.param_groups):
        return []
    updates = [facts.update(optimizer, group) for group in optimizer.param_groups]
    known = [update for update in updates if update is not None]
    kinds = {dataclasses.replace(update, step_size=0.0, decoupled=0.0) for update in known}
    return known if len(known) == len(updates) and len(kinds) == 1 else []


def folded_step_sizes(optimizer: torch.optim.Optimizer) -> list[float] | None:
    """(2 − ηw)/2η of every parameter group, the factors of P where groups differ in η or w; None where they do not."""
    if len(optimizer.param_groups) == 1:
        return None  # saves reading the number of updates, which may be on the device
    updates = group_updates(optimizer)
    if not _differ_in_step_size(updates):
        return None
    return [
        (2 - update.step_size * update.decoupled) / (2 * update.step_size) if update.step_size else math.inf
        for update in updates
    ]


def _differ_in_step_size(updates: list[Update]) -> bool:
    return len({(update.step_size, update.decoupled) for update in updates}) > 1
