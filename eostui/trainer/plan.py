"""Completes and checks the settings of a run, before anything is started and without importing torch.

Settings that the user did not give come from the named architecture. Every name is checked against its catalogue, and
settings that do not go together are refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from eostui.config import (
    HYPERPARAMETERS,
    ConfigError,
    Measuring,
    RunConfig,
    Training,
    cannot_be_held,
    checked,
    flag,
    typed_text,
)
from eostui.dynamics.optimizers import OPTIMIZERS, OptimizerEntry
from eostui.home import expand_home
from eostui.instruments.base.scope import Scope
from eostui.instruments.catalogue import FLOWS, INSTRUMENTS, TRACKED
from eostui.problems.architectures import ARCHITECTURES
from eostui.problems.by_path import WITH_NUMBERS, meant_as_path, settle
from eostui.problems.datasets import DATASETS, TEXT_LEVELS, find_dataset
from eostui.problems.errors import ProblemError, did_you_mean
from eostui.problems.find_architecture import find_architecture
from eostui.problems.fit import check_fit, check_sizes
from eostui.problems.losses import LOSSES
from eostui.trainer.schedule import listed_step_sizes, parse_schedule

DEMONSTRATION: Mapping[str, Any] = {
    "arch": "fc-tanh",
    "data": "digits",
    "loss": "mse",
    "lr": 2 / 12,
    "steps": 2000,
    "eig_every": 20,
}
"""The run of `eostui run` without --arch and --data: it sharpens and reaches the edge in a minute on a laptop."""

_SWITCHES = ("decoupled", "centered")
"""The hyperparameters that are either on or off."""


def plan_run(given: Mapping[str, Any]) -> RunConfig:
    """The complete config for the given settings (`None` means not given).

    Without `arch` and `data` it is the demonstration. With an `arch`, the defaults of data, loss, step size, batches
    and cadence are those of the architecture. Raises `ConfigError` for settings that are impossible.
    """
    given = checked({key: value for key, value in given.items() if value is not None})
    values = {**_defaults(given), **given}
    values["arch"] = _known_arch(values["arch"])
    values["data"] = _known_data(values["data"])
    values["loss"] = _known("--loss", values["loss"], LOSSES, "losses")
    try:
        check_fit(values["arch"], values["data"], values["loss"])
        check_sizes(values["arch"], [field for field in ("width", "depth") if field in given])
    except ProblemError as error:
        raise ConfigError(str(error)) from None
    optimizer = OPTIMIZERS[_known("--optimizer", values.get("optimizer", "gd"), OPTIMIZERS, "optimizers", paths=False)]
    values |= _hyperparameters(optimizer, given)
    values |= _schedule(values, given)
    values["track"] = _tracked(values, given)
    values["flow"] = tuple(dict.fromkeys(values.get("flow", ())))
    if values.get("eig_above") == math.inf:
        values["eig_above"] = None  # JSON knows no infinity
    _check_batch_size(optimizer, values)
    if "data_dir" in given:
        values["data_dir"] = str(expand_home(given["data_dir"]).absolute())
    return _with_flows(RunConfig.of(**values))


def plan_branch(config: RunConfig, given: Mapping[str, Any], *, at: int, lr: float) -> RunConfig:
    """The settings of a run that branches off at step `at` of one with these settings, where that has η = `lr`.

    `given` has those of `CHANGEABLE` that are to be others (`None` means not given). A schedule goes on where the run
    still kept to it. Raises `ConfigError` for settings that are impossible.
    """
    given = checked({name: value for name, value in given.items() if value is not None})
    values = {**config.to_dict(), "paused": False, **given}
    optimizer = OPTIMIZERS[_known("--optimizer", values["optimizer"], OPTIMIZERS, "optimizers", paths=False)]
    before = config.training
    own = {name: getattr(before, name) for name in optimizer.defaults} if optimizer.name == before.optimizer else {}
    values |= {name: False if name in _SWITCHES else None for name in HYPERPARAMETERS}
    values |= _hyperparameters(optimizer, {**own, **given})
    if "lr_schedule" in given:
        values |= _schedule(values, given)
    elif "lr" in given or parse_schedule(before.lr_schedule, before.lr)(at) != lr:
        values |= {"lr_schedule": Training.lr_schedule, "lr": given.get("lr", lr)}
    if "track" in given:
        values["track"] = _tracked(values, given)
    _check_batch_size(optimizer, values)
    if values["steps"] is not None and values["steps"] <= at:
        raise ConfigError(f"--steps {values['steps']} ends before the fork at step {at:,} begins: give more")
    return _with_flows(RunConfig.from_dict(values))


def run_name(config: RunConfig) -> str:
    """A name that says what a run is, for one that the user did not name; always one that a run can have.

    Data, architecture, optimizer where it is not gradient descent, and step size: `digits-tanh-2_12`,
    `cifar10-1k-cnn-relu-adam-0.001`.
    """
    problem, training = config.problem, config.training
    optimizer = [] if training.optimizer == Training.optimizer else [training.optimizer]
    arch = _short(problem.arch).removeprefix("fc-")
    name = "-".join([_short(problem.data), arch, *optimizer, _step_size_in_a_name(training.lr)])
    plain = "".join(c if c.isalnum() or c in "._-" else "-" for c in name)
    # The name must begin with a letter or digit, unlike some functions, and a file system limits its bytes.
    return plain.lstrip("._-")[:80].encode()[:200].decode(errors="ignore")


def _step_size_in_a_name(lr: float) -> str:
    """As it was typed, `2_12` for 2/12. Else `0.02`, or `2_12` where that takes fewer digits: its threshold is 12."""
    if text := typed_text(lr):
        return text.replace("/", "_")
    decimal = f"{lr:g}"
    threshold = round(min(2 / lr, 1e6))
    is_shorter = len(decimal) > len(f"2_{threshold}") and len(decimal) > len("0.0001")
    return f"2_{threshold}" if is_shorter and threshold and math.isclose(2 / threshold, lr) else decimal


def _short(part: str) -> str:
    """The function of `file.py:function`; both parts of `path/to/text.txt:words` and of `minimalist:4,0.3`."""
    source, _, name = part.rpartition(":")
    return f"{Path(source).stem}-{name}" if name in TEXT_LEVELS or part.startswith(WITH_NUMBERS) else name


def _defaults(given: Mapping[str, Any]) -> Mapping[str, Any]:
    if "arch" not in given and "data" not in given:
        return DEMONSTRATION
    arch = _known_arch(given.get("arch", DEMONSTRATION["arch"]))
    entry = find_architecture(arch)
    if entry is None:
        if "data" not in given:
            raise ConfigError(f"--data: say what {arch} is to be trained on; `eostui list datasets` has the names")
        return {"loss": "mse", "lr": 2 / 100}
    return {
        "arch": entry.name,
        "data": entry.data,
        "loss": entry.loss,
        "lr": entry.lr,
        "eig_every": entry.eig_every,
        "physical_batch": entry.physical_batch,
        "eig_samples": entry.eig_samples,
        "dtype": entry.dtype,
    }


def _hyperparameters(optimizer: OptimizerEntry, given: Mapping[str, Any]) -> Mapping[str, Any]:
    for field in HYPERPARAMETERS:
        if given.get(field) and field not in optimizer.defaults:
            takers = ", ".join(name for name, entry in OPTIMIZERS.items() if field in entry.defaults)
            raise ConfigError(
                f"{flag(field)}: the optimizer {optimizer.name!r} has none; choose one that has: {takers}"
            )
    return {field: given.get(field, default) for field, default in optimizer.defaults.items()}


def _schedule(values: Mapping[str, Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schedule, and the step size that it begins with."""
    text = given.get("lr_schedule", Training.lr_schedule).replace(" ", "")
    if text == "cosine" and values.get("steps"):
        text = f"cosine:{values['steps']}"
    listed = listed_step_sizes(text)
    if listed and "lr" in given:
        raise ConfigError(f"--lr {given['lr']:g} does not go with --lr-schedule {text}, which says every step size")
    step_sizes = listed or [values["lr"]]
    for lr in step_sizes:
        if why := cannot_be_held(lr, values.get("dtype", Training.dtype)):
            raise ConfigError(f"{'--lr-schedule' if listed else '--lr'}: {why}")
    parse_schedule(text, step_sizes[0])
    return {"lr_schedule": text, "lr": step_sizes[0]}


def _tracked(values: Mapping[str, Any], given: Mapping[str, Any]) -> tuple[str, ...]:
    """The instruments that the user asked for; else the default ones that the run can have."""
    loss, batch_size = values["loss"], values.get("batch_size")
    shows_outputs = loss not in LOSSES or not LOSSES[loss].by_model
    scope = Scope(Measuring(), batch_size=batch_size)

    def refusal(name: str) -> str:
        if INSTRUMENTS[name].outputs and not shows_outputs:
            return f"does not go with --loss {loss}: it needs the outputs, and such a model shows none"
        return INSTRUMENTS[name].refusal(scope)

    if "track" not in given:
        # Every step of a minibatch run would pay for a product over all examples.
        affordable = [name for name in Measuring.track if batch_size is None or not INSTRUMENTS[name].every_step]
        return tuple(name for name in affordable if not refusal(name))
    for name in given["track"]:
        if _known("--track", name, INSTRUMENTS, "instruments", paths=False) not in TRACKED:
            when = INSTRUMENTS[name].when
            raise ConfigError(f"--track: {name} is measured {when}, unasked; there are {', '.join(TRACKED)}")
        if why := refusal(name):
            raise ConfigError(f"--track {name} {why}")
    return tuple(given["track"])


def _with_flows(config: RunConfig) -> RunConfig:
    """The config itself. Raises `ConfigError` where it has a flow that no run or this run cannot have."""
    scope = Scope.of(config)
    for name in config.measuring.flow:
        kind = FLOWS[_known("--flow", name, FLOWS, "instruments", paths=False)]
        if why := kind.refusal(scope):
            raise ConfigError(f"--flow {name}: the {name} flow {why}")
    return config


def _check_batch_size(optimizer: OptimizerEntry, values: Mapping[str, Any]) -> None:
    size, data = values.get("batch_size"), values["data"]
    if size is None:
        if optimizer.minibatches == "always":
            raise ConfigError(f"--optimizer {optimizer.name} needs --batch-size N; with all examples it would be gd")
        return
    if optimizer.minibatches == "never":
        raise ConfigError(
            f"--batch-size {size} does not go with --optimizer {optimizer.name}, whose every step sees all examples; "
            "--optimizer sgd takes minibatches"
        )
    entry = find_dataset(data)
    if entry is not None and entry.examples is not None and size > entry.examples:
        raise ConfigError(f"--batch-size {size} does not go with --data {data}, which has {entry.examples:,} examples")


def _known_arch(name: str) -> str:
    """The name of an architecture, or the absolute form of a path."""
    try:
        entry = find_architecture(name)
    except ProblemError as error:
        raise ConfigError(f"--arch: {error}") from None
    return _known("--arch", name, ARCHITECTURES, "archs") if entry is None else entry.name


def _known_data(name: str) -> str:
    """The name of a data set or of a family's member, or the absolute form of a path."""
    try:
        entry = find_dataset(name)
    except ProblemError as error:
        raise ConfigError(f"--data: {error}") from None
    if entry is None:
        return _known("--data", name, DATASETS, "datasets")
    return entry.name


def _known(option: str, name: str, names: Iterable[str], listing: str, *, paths: bool = True) -> str:
    """The name itself, or the absolute form of a `file.py:function`.

    Raises `ConfigError` for an unknown name. The message suggests the nearest names.
    """
    if name in names:
        return name
    if paths and meant_as_path(name):
        try:
            return settle(name)
        except ProblemError as error:
            raise ConfigError(f"{option}: {error}") from None
    near = did_you_mean(name, names) or f"; there are {', '.join(names)}"
    raise ConfigError(f"{option}: there is no {name!r}{near}; `eostui list {listing}` shows all")
