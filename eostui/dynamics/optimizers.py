"""The optimizers by name. Those that torch has are torch's own.

This catalogue imports no torch; making an optimizer does. A new optimizer needs a new entry here, and the module that
the entry names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from eostui.dynamics.formulas import ADAM, GRADIENT_DESCENT, HEAVY_BALL, NADAM, NESTEROV

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class OptimizerEntry:
    """One optimizer: how it is made, which hyperparameters it takes besides η, and where it stops being stable."""

    name: str
    build: str
    """`module:function`, called as `function(params, lr, **hyperparameters)` with all hyperparameters of `defaults`.

    The module also has a mapping `FACTS` from every class that the function makes to its `Facts`.
    """
    summary: str
    threshold: str
    """The stability threshold without weight decay, as a formula for people. `thresholds` computes the value."""
    defaults: Mapping[str, float | bool] = field(default_factory=dict)
    """The hyperparameters of the optimizer, with their default values."""
    preconditioned: bool = False
    """Whether it has a diagonal preconditioner P: the threshold is then for λ₁(P⁻¹H) instead of λ₁(H)."""
    minibatches: Literal["never", "always", "either"] = "either"
    """Whether its steps see minibatches. "never" is for optimizers whose name means the gradient of all examples."""


_SGD = "eostui.dynamics.optim.sgd:sgd"
_DECAY = {"weight_decay": 0.0, "decoupled": False}
_MOMENTS = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}

_ENTRIES = (
    OptimizerEntry(
        name="gd",
        build=_SGD,
        summary="gradient descent, θ ← θ − η∇L(θ)",
        threshold=GRADIENT_DESCENT.plain,
        defaults=_DECAY,
        minibatches="never",
    ),
    OptimizerEntry(
        name="momentum",
        build=_SGD,
        summary="gradient descent with Polyak (heavy-ball) momentum, v ← μv + ∇L(θ), θ ← θ − ηv",
        threshold=HEAVY_BALL.plain,
        defaults={"momentum": 0.9, **_DECAY},
        minibatches="never",
    ),
    OptimizerEntry(
        name="nesterov",
        build="eostui.dynamics.optim.sgd:nesterov",
        summary="gradient descent with Nesterov momentum, v ← μv + ∇L(θ), θ ← θ − η(∇L(θ) + μv)",
        threshold=NESTEROV.plain,
        defaults={"momentum": 0.9, **_DECAY},
        minibatches="never",
    ),
    OptimizerEntry(
        name="sgd",
        build=_SGD,
        summary="stochastic gradient descent on minibatches, with Polyak momentum if --momentum is given",
        threshold=HEAVY_BALL.plain,
        defaults={"momentum": 0.0, **_DECAY},
        minibatches="always",
    ),
    OptimizerEntry(
        name="adam",
        build="eostui.dynamics.optim.adam:adam",
        summary="Adam (Kingma & Ba 2015); its weight decay is part of the gradient",
        threshold=ADAM.plain,
        defaults={**_MOMENTS, "weight_decay": 0.0},
        preconditioned=True,
    ),
    OptimizerEntry(
        name="adamw",
        build="eostui.dynamics.optim.adam:adamw",
        summary="Adam with decoupled weight decay (Loshchilov & Hutter 2019)",
        threshold=ADAM.plain,
        defaults={**_MOMENTS, "weight_decay": 0.01},
        preconditioned=True,
    ),
    OptimizerEntry(
        name="nadam",
        build="eostui.dynamics.optim.nadam:nadam",
        summary="Adam with Nesterov momentum, whose coefficient μₜ grows in time (Dozat 2016)",
        threshold=NADAM.plain,
        defaults={**_MOMENTS, **_DECAY},
        preconditioned=True,
    ),
    OptimizerEntry(
        name="rmsprop",
        build="eostui.dynamics.optim.rmsprop:rmsprop",
        summary="RMSprop (Hinton 2012), ν ← β₂ν + (1−β₂)∇L(θ)², θ ← θ − η∇L(θ)/(√ν + ε)",
        threshold=HEAVY_BALL.plain,
        defaults={"beta2": 0.99, "eps": 1e-8, "momentum": 0.0, "weight_decay": 0.0, "centered": False},
        preconditioned=True,
    ),
    OptimizerEntry(
        name="scalar-rmsprop",
        build="eostui.dynamics.optim.scalar_rmsprop:scalar_rmsprop",
        summary="RMSprop with one ν ← β₂ν + (1−β₂)‖∇L(θ)‖² for all weights (Cohen et al. 2024)",
        threshold=GRADIENT_DESCENT.plain,
        defaults={"beta2": 0.99, "eps": 1e-8, "weight_decay": 0.0},
        preconditioned=True,
    ),
    OptimizerEntry(
        name="adagrad",
        build="eostui.dynamics.optim.adagrad:adagrad",
        summary="Adagrad (Duchi et al. 2011), ν ← ν + ∇L(θ)², θ ← θ − η∇L(θ)/(√ν + ε)",
        threshold=GRADIENT_DESCENT.plain,
        defaults={"eps": 1e-10, "weight_decay": 0.0},
        preconditioned=True,
    ),
)

OPTIMIZERS: dict[str, OptimizerEntry] = {entry.name: entry for entry in _ENTRIES}


def make_optimizer(
    name: str, theta: torch.Tensor, *, lr: float, hyperparameters: Mapping[str, float | bool]
) -> torch.optim.Optimizer:
    """The named optimizer over one flat parameter vector.

    Args:
        name: a key of `OPTIMIZERS`.
        theta: all weights in one vector, shape (size,).
        lr: step size η.
        hyperparameters: values for (some of) the entry's `defaults`; other names are ignored.
    """
    import_module("eostui.dynamics.without_compiler").spare_compiler()  # by its name: it imports torch
    entry = OPTIMIZERS[name]
    module, _, attribute = entry.build.partition(":")
    build = getattr(import_module(module), attribute)
    chosen = {key: hyperparameters.get(key, value) for key, value in entry.defaults.items()}
    optimizer: torch.optim.Optimizer = build([theta], lr, **chosen)
    return optimizer


def set_step_size(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Give every parameter group the step size η = `lr`, from its next update on."""
    for group in optimizer.param_groups:
        group["lr"] = lr
