"""The named optimizers do what their formulas say."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import torch
from torch.optim import Optimizer

from eostui.dynamics.formulas import Matrix
from eostui.dynamics.optimizers import OPTIMIZERS, OptimizerEntry, make_optimizer, set_step_size
from eostui.dynamics.preconditioner import preconditioner
from eostui.dynamics.thresholds import stability_threshold
from eostui.dynamics.without_compiler import update

LR, STEPS = 0.1, 20
Reference = Callable[[], Iterator[float]]
"""Yields θ_0, θ_1, … on ½·3·θ² from θ_0 = 1, written out in plain numbers."""


def gd() -> Iterator[float]:
    theta = 1.0
    while True:
        yield theta
        theta -= LR * 3 * theta


def gd_coupled() -> Iterator[float]:
    theta = 1.0
    while True:
        yield theta
        theta -= LR * (3 * theta + 2 * theta)


def gd_decoupled() -> Iterator[float]:
    theta = 1.0
    while True:
        yield theta
        theta = (1 - LR * 2) * theta - LR * 3 * theta


def momentum() -> Iterator[float]:
    theta, v = 1.0, 0.0
    while True:
        yield theta
        v = 0.8 * v + 3 * theta
        theta -= LR * v


def momentum_coupled() -> Iterator[float]:
    theta, v = 1.0, 0.0
    while True:
        yield theta
        v = 0.8 * v + 3 * theta + 2 * theta
        theta -= LR * v


def momentum_decoupled() -> Iterator[float]:
    theta, v = 1.0, 0.0
    while True:
        yield theta
        v = 0.8 * v + 3 * theta
        theta = (1 - LR * 2) * theta - LR * v


def nesterov() -> Iterator[float]:
    theta, v = 1.0, 0.0
    while True:
        yield theta
        v = 0.8 * v + 3 * theta
        theta -= LR * (3 * theta + 0.8 * v)


def nesterov_decoupled() -> Iterator[float]:
    theta, v = 1.0, 0.0
    while True:
        yield theta
        v = 0.8 * v + 3 * theta
        theta = (1 - LR * 2) * theta - LR * (3 * theta + 0.8 * v)


def adam(decay: float = 0.0, decoupled: float = 0.0) -> Iterator[float]:
    theta, m, v, t = 1.0, 0.0, 0.0, 0
    while True:
        yield theta
        t, g = t + 1, 3 * theta + decay * theta
        m, v = 0.8 * m + 0.2 * g, 0.7 * v + 0.3 * g**2
        step = m / (1 - 0.8**t) / (math.sqrt(v / (1 - 0.7**t)) + 0.5)
        theta = (1 - LR * decoupled) * theta - LR * step


def nadam(decay: float = 0.0, decoupled: float = 0.0) -> Iterator[float]:
    theta, m, v, t, product = 1.0, 0.0, 0.0, 0, 1.0
    while True:
        yield theta
        t, g = t + 1, 3 * theta + decay * theta
        m, v = 0.8 * m + 0.2 * g, 0.7 * v + 0.3 * g**2
        mu, ahead = (0.8 * (1 - 0.5 * 0.96 ** (0.004 * i)) for i in (t, t + 1))
        product *= mu
        direction = ahead * m / (1 - product * ahead) + (1 - mu) * g / (1 - product)
        theta = (1 - LR * decoupled) * theta - LR * direction / (math.sqrt(v / (1 - 0.7**t)) + 0.5)


def rmsprop(momentum: float = 0.0, centered: bool = False) -> Iterator[float]:
    theta, v, mean, b = 1.0, 0.0, 0.0, 0.0
    while True:
        yield theta
        g = 3 * theta + 2 * theta
        v, mean = 0.7 * v + 0.3 * g**2, 0.7 * mean + 0.3 * g
        b = momentum * b + g / (math.sqrt(v - mean**2 * centered) + 0.5)
        theta -= LR * b


def adagrad() -> Iterator[float]:
    theta, total = 1.0, 0.0
    while True:
        yield theta
        g = 3 * theta + 2 * theta
        total += g**2
        theta -= LR * g / (math.sqrt(total) + 0.5)


ADAM = {"beta1": 0.8, "beta2": 0.7, "eps": 0.5}
RUNS: dict[str, tuple[str, dict[str, float], Reference]] = {
    "gd": ("gd", {"momentum": 0.9}, gd),
    "gd-decay": ("gd", {"weight_decay": 2.0}, gd_coupled),
    "gd-decoupled": ("gd", {"weight_decay": 2.0, "decoupled": True}, gd_decoupled),
    "momentum": ("momentum", {"momentum": 0.8}, momentum),
    "momentum-decay": ("momentum", {"momentum": 0.8, "weight_decay": 2.0}, momentum_coupled),
    "momentum-decoupled": ("momentum", {"momentum": 0.8, "weight_decay": 2.0, "decoupled": True}, momentum_decoupled),
    "nesterov": ("nesterov", {"momentum": 0.8}, nesterov),
    "nesterov-decoupled": ("nesterov", {"momentum": 0.8, "weight_decay": 2.0, "decoupled": True}, nesterov_decoupled),
    "nesterov-without-momentum": ("nesterov", {"momentum": 0.0}, gd),
    "sgd": ("sgd", {}, gd),
    "sgd-momentum": ("sgd", {"momentum": 0.8}, momentum),
    "sgd-decoupled": ("sgd", {"momentum": 0.8, "weight_decay": 2.0, "decoupled": True}, momentum_decoupled),
    "adam": ("adam", ADAM, adam),
    "adam-decay": ("adam", ADAM | {"weight_decay": 2.0}, lambda: adam(decay=2)),
    "adamw": ("adamw", ADAM | {"weight_decay": 2.0}, lambda: adam(decoupled=2)),
    "nadam": ("nadam", ADAM, nadam),
    "nadam-decay": ("nadam", ADAM | {"weight_decay": 2.0}, lambda: nadam(decay=2)),
    "nadam-decoupled": ("nadam", ADAM | {"weight_decay": 2.0, "decoupled": True}, lambda: nadam(decoupled=2)),
    "rmsprop": ("rmsprop", ADAM | {"weight_decay": 2.0}, rmsprop),
    "rmsprop-momentum": ("rmsprop", ADAM | {"weight_decay": 2.0, "momentum": 0.8}, lambda: rmsprop(0.8)),
    "rmsprop-centered": ("rmsprop", ADAM | {"weight_decay": 2.0, "centered": True}, lambda: rmsprop(centered=True)),
    "scalar-rmsprop": ("scalar-rmsprop", ADAM | {"weight_decay": 2.0}, rmsprop),
    "adagrad": ("adagrad", ADAM | {"weight_decay": 2.0}, adagrad),
}


@pytest.mark.parametrize(("name", "hyperparameters", "reference"), RUNS.values(), ids=RUNS)
def test_a_named_optimizer_does_what_its_formula_says(
    name: str, hyperparameters: dict[str, float], reference: Reference
) -> None:
    theta = torch.tensor([1.0], dtype=torch.float64)
    optimizer = make_optimizer(name, theta, lr=LR, hyperparameters=hyperparameters)
    for _, expected in zip(range(STEPS), reference(), strict=False):
        # torch keeps NAdam's Πμ in float32
        assert theta.item() == pytest.approx(expected, rel=1e-6 if name == "nadam" else 1e-12)
        theta.grad = 3 * theta
        update(optimizer)


def test_every_optimizer_is_run_above() -> None:
    assert {name for name, _, _ in RUNS.values()} == set(OPTIMIZERS)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_defaults_are_torchs(name: str) -> None:
    """Of the optimizers that torch has: the settings are those of its class called with η alone."""
    optimizer = make_optimizer(name, torch.zeros(1), lr=0.1, hyperparameters={})
    settings = {key: value for key, value in optimizer.defaults.items() if key not in ("momentum", "nesterov")}
    if type(optimizer).__module__.startswith("torch.optim"):
        make: Callable[..., Optimizer] = type(optimizer)
        plain = make([torch.zeros(1)], lr=0.1).defaults
        assert settings == {key: value for key, value in plain.items() if key in settings}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_new_step_size_holds_from_the_next_update(name: str) -> None:
    def after_one_update(lr: float, changed: float) -> float:
        theta = torch.tensor([1.0])
        optimizer = make_optimizer(name, theta, lr=lr, hyperparameters={})
        set_step_size(optimizer, changed)
        theta.grad = torch.tensor([1.0])
        optimizer.step()
        return theta.item()

    assert after_one_update(0.1, 0.5) == after_one_update(0.5, 0.5) != after_one_update(0.1, 0.1)


@pytest.mark.parametrize("entry", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_the_catalogue_says_where_the_threshold_is_and_whether_there_is_a_preconditioner(entry: OptimizerEntry) -> None:
    theta = torch.ones(3)
    optimizer = make_optimizer(entry.name, theta, lr=0.1, hyperparameters={"beta1": 0.8, "momentum": 0.9})
    threshold = stability_threshold(optimizer)
    assert threshold.matrix is (Matrix.PRECONDITIONED if entry.preconditioned else Matrix.HESSIAN)
    without_decay = {"(2−ηw)(1+β₁)/((1−β₁)η)": "(2+2β₁)/((1−β₁)η)"}
    assert without_decay.get(threshold.formula, threshold.formula) == entry.threshold
    theta.grad = torch.ones(3)
    optimizer.step()
    assert (preconditioner(optimizer, [theta]) is not None) == entry.preconditioned


def test_gradient_descent_by_name_is_full_batch_and_only_sgd_needs_minibatches() -> None:
    assert {name for name, entry in OPTIMIZERS.items() if entry.minibatches == "never"} == {
        "gd",
        "momentum",
        "nesterov",
    }
    assert {name for name, entry in OPTIMIZERS.items() if entry.minibatches == "always"} == {"sgd"}


def test_the_catalogue_is_read_without_torch() -> None:
    code = "import sys, eostui.dynamics.optimizers; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_training_with_any_optimizer_imports_nothing_of_torchs_compiler() -> None:
    """It takes longer to import than torch itself."""
    code = """
import sys, torch
from eostui.dynamics.optimizers import OPTIMIZERS, make_optimizer
from eostui.dynamics.without_compiler import update
for name in OPTIMIZERS:
    theta = torch.ones(3)
    optimizer = make_optimizer(name, theta, lr=0.1, hyperparameters={})
    theta.grad = torch.ones(3)
    update(optimizer)
    optimizer.load_state_dict(optimizer.state_dict())
    assert (theta < 1).all(), name
    assert "torch._dynamo" not in sys.modules, name
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
