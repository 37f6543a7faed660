"""The optimizers by name, each torch's own.

A catalogue that is read without importing torch; torch comes in when an optimizer is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class OptimizerEntry:
    """One optimizer: how it is made, which hyperparameters it takes besides η, and where it stops being stable."""

    name: str
    build: str
    """`module:class` of a `torch.optim.Optimizer`."""
    summary: str
    threshold: str
    """The stability threshold on the sharpness as a formula, for people; `curvature.thresholds` computes it."""
    defaults: Mapping[str, float] = field(default_factory=dict)
    """The hyperparameters that it takes, with their values where the user gives none."""


_ENTRIES = (
    OptimizerEntry(
        name="gd",
        build="torch.optim:SGD",
        summary="gradient descent, θ ← θ − η∇L(θ)",
        threshold="2/η",
        defaults={"weight_decay": 0.0},
    ),
    OptimizerEntry(
        name="momentum",
        build="torch.optim:SGD",
        summary="gradient descent with Polyak (heavy-ball) momentum, v ← μv + ∇L(θ), θ ← θ − ηv",
        threshold="(2+2μ)/η",
        defaults={"momentum": 0.9, "weight_decay": 0.0},
    ),
)

OPTIMIZERS: dict[str, OptimizerEntry] = {entry.name: entry for entry in _ENTRIES}


def make_optimizer(
    name: str, theta: torch.Tensor, *, lr: float, hyperparameters: Mapping[str, float]
) -> torch.optim.Optimizer:
    """The named optimizer over one flat parameter vector.

    Args:
        name: a key of `OPTIMIZERS`.
        theta: all weights in one vector, shape (size,).
        lr: step size η.
        hyperparameters: values for (some of) the entry's `defaults`; others are not looked at.
    """
    entry = OPTIMIZERS[name]
    module, _, attribute = entry.build.partition(":")
    build = getattr(import_module(module), attribute)
    chosen = {key: hyperparameters.get(key, value) for key, value in entry.defaults.items()}
    optimizer: torch.optim.Optimizer = build([theta], lr=lr, **chosen)
    return optimizer


def set_step_size(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Give every parameter group the step size η = `lr`, from its next update on."""
    for group in optimizer.param_groups:
        group["lr"] = lr
