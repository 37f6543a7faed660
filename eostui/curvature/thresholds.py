"""Up to which curvature an optimizer is stable."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import torch


@dataclass(frozen=True)
class Threshold:
    """The largest `value` of the top eigenvalue of `operator` at which the optimizer is stable.

    value: NaN where there is no such threshold. formula: how it came about, such as "2/η", or "n/a".
    """

    value: float
    operator: str
    formula: str


NO_THRESHOLD = Threshold(math.nan, "hessian", "n/a")


@singledispatch
def stability_threshold(optimizer: torch.optim.Optimizer) -> Threshold:
    """The stability threshold of `optimizer` with its present settings, on a one-dimensional quadratic.

    A definition for one more optimizer is a function registered for its class; those without have no threshold.
    """
    return NO_THRESHOLD


@stability_threshold.register
def _of_sgd(optimizer: torch.optim.SGD) -> Threshold:
    """SGD (Cohen et al. 2021, appendix B), with weight decay w on the curvature of the loss without the penalty.

    The heavy ball θ ← θ − ηb, b ← μb + (1−d)g is stable up to (2+2μ)/(η(1−d)), Nesterov's up to
    (2+2μ)/(η(1+2μ)). Parameter groups with unequal thresholds have none in common.
    """
    thresholds = [_of_sgd_group(group) for group in optimizer.param_groups]
    return thresholds[0] if all(t == thresholds[0] for t in thresholds) else NO_THRESHOLD


def _of_sgd_group(group: dict[str, Any]) -> Threshold:
    if group["maximize"]:
        return NO_THRESHOLD
    step, momentum, dampening, decay = (float(group[key]) for key in ("lr", "momentum", "dampening", "weight_decay"))
    numerator, denominator, formula = 2 + 2 * momentum, step, "(2+2μ)/η"
    if momentum == 0:
        formula = "2/η"
    elif group["nesterov"]:
        denominator, formula = step * (1 + 2 * momentum), "(2+2μ)/(η(1+2μ))"
    elif dampening:
        denominator, formula = step * (1 - dampening), "(2+2μ)/(η(1−d))"
    value = numerator / denominator if denominator else math.inf
    return Threshold(value - decay, "hessian", f"{formula} − w" if decay else formula)
