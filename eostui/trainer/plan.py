"""Settling what a run shall be, before anything is started and without importing torch.

What the user gave is completed with what the named architecture is for, and every name is checked against its
catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from eostui.config import ConfigError, RunConfig, flag
from eostui.dynamics.optimizers import OPTIMIZERS
from eostui.problems.architectures import ARCHITECTURES
from eostui.problems.by_path import looks_like_path
from eostui.problems.datasets import DATASETS
from eostui.problems.errors import did_you_mean
from eostui.problems.losses import LOSSES
from eostui.trainer.instruments import INSTRUMENTS

DEMONSTRATION: Mapping[str, Any] = {
    "arch": "fc-tanh",
    "data": "digits",
    "loss": "mse",
    "lr": 2 / 12,
    "steps": 2000,
    "eig_every": 20,
}
"""What `eostui run` without a word about what to train does: sharpening and the edge within a minute on a laptop."""

_CATALOGUES: Mapping[str, tuple[str, Iterable[str]]] = {
    "arch": ("archs", ARCHITECTURES),
    "data": ("datasets", DATASETS),
    "loss": ("losses", LOSSES),
}


def plan_run(given: Mapping[str, Any]) -> RunConfig:
    """The whole config for what was given (`None` means not given).

    Without `arch` and `data` it is the demonstration; with an `arch`, data, loss, step size, batches and cadence
    default to what that architecture is for. Raises `ConfigError` for what cannot be.
    """
    given = {key: value for key, value in given.items() if value is not None}
    values = {**_defaults(given), **given}
    for field, (listing, names) in _CATALOGUES.items():
        values[field] = _known(flag(field), values[field], names, listing)
    values["track"] = tuple(
        _known("--track", name, INSTRUMENTS, "instruments", paths=False)
        for name in values.get("track", RunConfig.track)
    )
    optimizer = OPTIMIZERS[_known("--optimizer", values.get("optimizer", "gd"), OPTIMIZERS, "optimizers", paths=False)]
    for hyperparameter in ("momentum", "weight_decay"):
        if hyperparameter in optimizer.defaults:
            values.setdefault(hyperparameter, optimizer.defaults[hyperparameter])
        elif hyperparameter in given:
            takers = ", ".join(name for name, entry in OPTIMIZERS.items() if hyperparameter in entry.defaults)
            raise ConfigError(
                f"{flag(hyperparameter)}: the optimizer {optimizer.name!r} has none; choose one that has: {takers}"
            )
    if "data_dir" in given:
        values["data_dir"] = str(Path(given["data_dir"]).expanduser().absolute())
    return RunConfig(**values)


def run_name(config: RunConfig) -> str:
    """A name that says what a run is, for one that the user did not name."""
    parts = [config.arch, config.data, config.loss, config.optimizer, f"lr{config.lr:g}"]
    name = "-".join(part.rpartition(":")[2] for part in parts)  # of a path, the function
    return "".join(c if c.isalnum() or c in "._-" else "-" for c in name)[:80]


def _defaults(given: Mapping[str, Any]) -> Mapping[str, Any]:
    if "arch" not in given and "data" not in given:
        return DEMONSTRATION
    arch = given.get("arch", DEMONSTRATION["arch"])
    if looks_like_path(arch):
        if "data" not in given:
            raise ConfigError(f"--data: say what {arch} is to be trained on; `eostui list datasets` has the names")
        return {"loss": "mse", "lr": 2 / 100}
    entry = ARCHITECTURES[_known("--arch", arch, ARCHITECTURES, "archs")]
    return {
        "arch": entry.name,
        "data": entry.data,
        "loss": entry.loss,
        "lr": entry.lr,
        "eig_every": entry.eig_every,
        "physical_batch": entry.physical_batch,
        "eig_samples": entry.eig_samples,
    }


def _known(option: str, name: str, names: Iterable[str], listing: str, *, paths: bool = True) -> str:
    """The name itself, or the absolute form of a `file.py:function`; raises `ConfigError` naming the nearest."""
    if name in names:
        return name
    if paths and looks_like_path(name):
        file, _, function = name.rpartition(":")
        return f"{Path(file).absolute()}:{function}" if file.endswith(".py") else name
    near = did_you_mean(name, names) or f"; there are {', '.join(names)}"
    raise ConfigError(f"{option}: there is no {name!r}{near}; `eostui list {listing}` shows all")
