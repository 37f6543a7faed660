"""Everything that a run computes with: data, model, objectives and optimizer, made from its config."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from eostui.config import HYPERPARAMETERS, Measuring, RunConfig, Training, flag
from eostui.dynamics.minibatches import Minibatches
from eostui.dynamics.optimizers import make_optimizer
from eostui.dynamics.thresholds import stability_threshold
from eostui.instruments.catalogue import INSTRUMENTS
from eostui.objective.listener import Listener
from eostui.objective.model_call import Inputs
from eostui.objective.objective import Objective
from eostui.objective.passes import DataGuard, Draws, default_generators
from eostui.problems.by_path import looks_like_path
from eostui.problems.datasets import Progress
from eostui.problems.errors import ProblemError
from eostui.problems.problem import Problem, build_problem

_GPUS: Mapping[str, Callable[[], bool]] = {
    "cuda": torch.cuda.is_available,
    "xpu": torch.xpu.is_available,
    "mps": torch.backends.mps.is_available,
}
"""Whether each kind of GPU is available, in the order of preference."""


class DeviceError(ValueError):
    """The requested device cannot be used on this machine."""


@dataclass(frozen=True)
class Setup:
    """A run before its first step.

    config: the settings, without default instruments that the model does not allow. objective: the training loss over
    all examples. curvature: the loss over the examples that curvature is measured on (`--eig-samples`); the same object
    as `objective` where these are all. test: the loss over the test set, with the model in evaluation mode; None
    without a test set. draws: the random numbers of all three. guard: whether the three give the model copies of the
    examples. listener: gets the progress of passes over all three; its target is set later. theta: all weights in one
    vector, (size,), which `optimizer` updates in place. notes: what the user should know about this setup.
    """

    config: RunConfig
    problem: Problem
    objective: Objective
    curvature: Objective
    test: Objective | None
    draws: Draws
    guard: DataGuard
    listener: Listener
    theta: Tensor
    optimizer: torch.optim.Optimizer
    notes: tuple[str, ...] = ()

    @property
    def classes(self) -> bool:
        """Whether the examples have classes, which an accuracy needs."""
        return self.problem.accuracy is not None

    def threshold_label(self, config: RunConfig) -> str:
        """The stability threshold as a formula. The one for minibatch training says that it is for full batches."""
        formula = stability_threshold(self.optimizer).formula
        return formula if config.training.batch_size is None else f"full-batch {formula}"


def set_up(config: RunConfig, progress: Progress) -> Setup:
    """Load the data, build the model and the optimizer. Raises `ProblemError` or `DeviceError`."""
    chosen, training = config.problem, config.training
    device = _device(training.device)
    if training.threads:
        torch.set_num_threads(training.threads)
    problem = build_problem(
        arch=chosen.arch,
        width=chosen.width,
        depth=chosen.depth,
        data=chosen.data,
        loss=chosen.loss,
        seed=training.seed,
        data_dir=Path(chosen.data_dir).expanduser(),
        dtype=getattr(torch, training.dtype),
        device=device,
        progress=progress,
    )

    findings, dataset = problem.findings, problem.dataset
    draws = Draws(training.seed, everywhere=findings.everywhere)
    inputs = [dataset.x] if isinstance(dataset.x, Tensor) else list(dataset.x.values())
    # The catalogue's networks change no examples. A user's code may change some that the check did not try.
    own = looks_like_path(chosen.arch) or looks_like_path(chosen.loss)
    guard = DataGuard(copies=findings.copies, watch=len(inputs[0]) if own else None)

    listener = Listener()

    def objective_on(inputs: Inputs, targets: Tensor | None, *, evaluating: bool = False) -> Objective:
        return Objective(
            problem.model,
            problem.loss,
            inputs,
            targets,
            accuracy=problem.accuracy,
            # The division of the test set makes no difference to training, but saves memory.
            physical_batch=training.physical_batch if problem.divisible else None,
            summed=findings.reduction == "sum",
            divisible=problem.divisible,
            guard=guard,
            moved=findings.moved,
            differentiates=findings.differentiates,
            evaluating=evaluating,
            draws=draws,
            on_batch=listener,
        )

    objective = objective_on(dataset.x, dataset.y)
    _check_division(config, problem, objective.examples)
    if training.batch_size is not None and training.batch_size > objective.examples:
        examples = f"{objective.examples:,} examples"
        raise ProblemError(f"--batch-size {training.batch_size} does not go with {chosen.data}, which has {examples}")
    if config.limits.until_accuracy is not None and problem.accuracy is None:
        raise ProblemError(f"--until-accuracy does not go with {chosen.data}, which has no classes; give --until-loss")
    theta = objective.parameters()
    samples = config.measuring.eig_samples or objective.examples
    config, notes = _without_outputs(config, problem)
    if samples < objective.examples and findings.reduction == "neither":
        notes += (
            f"--eig-samples {samples}: the loss of these examples is not a part of the loss of all (examples are "
            "compared, weighted or mixed), so its curvature is not that of the training loss",
        )
    return Setup(
        config=config,
        problem=problem,
        objective=objective,
        curvature=objective if samples >= objective.examples else objective.subset(samples),
        test=None if dataset.x_test is None else objective_on(dataset.x_test, dataset.y_test, evaluating=True),
        draws=draws,
        guard=guard,
        listener=listener,
        theta=theta,
        optimizer=optimizer_of(training, theta),
        notes=notes,
    )


def optimizer_of(training: Training, theta: Tensor) -> torch.optim.Optimizer:
    """The optimizer of these settings for all weights in one vector, (size,)."""
    chosen = {name: value for name in HYPERPARAMETERS if (value := getattr(training, name)) is not None}
    return make_optimizer(training.optimizer, theta, lr=float(training.lr), hyperparameters=chosen)


def minibatches_of(training: Training, objective: Objective) -> Minibatches | None:
    """The minibatches of these settings; None where every step sees all examples."""
    size = training.batch_size
    if size is None:
        return None
    return Minibatches(objective.examples, size, seed=training.seed, device=objective.device)


def _without_outputs(config: RunConfig, problem: Problem) -> tuple[RunConfig, tuple[str, ...]]:
    """The config and notes on it. Default instruments that need outputs are left out where outputs are not one tensor.

    Raises ProblemError where the user asked for such an instrument.
    """
    track = config.measuring.track
    names = [name for name in track if INSTRUMENTS[name].outputs]
    if problem.loss is None or problem.outputs or not names:
        return config, ()
    why = f"{' and '.join(names)} cannot be measured: the model of {config.problem.arch} gives more than one tensor"
    if track != Measuring.track:
        raise ProblemError(f"--track {','.join(names)}: {why}")
    return config.replace(track=tuple(name for name in track if name not in names)), (why,)


def _check_division(config: RunConfig, problem: Problem, examples: int) -> None:
    """Raise ProblemError where the settings divide the examples but their loss cannot be divided."""
    arch, loss = config.problem.arch, config.problem.loss
    batch_size, eig_samples = config.training.batch_size, config.measuring.eig_samples
    if not problem.alone:
        for field, of in (("batch_size", examples), ("physical_batch", batch_size or examples)):
            number = getattr(config.training, field)
            if number is not None and of // -(-of // number) < 2:
                raise ProblemError(
                    f"{flag(field)} {number} does not go with --arch {arch}, which does not work on one example "
                    "at a time (batch norm does not): give 2 or more"
                )
    divided = {"batch_size": batch_size, "physical_batch": config.training.physical_batch}
    if problem.divisible:
        del divided["batch_size"]
    if problem.findings.reduction == "neither":
        why = (
            "not the mean of the losses of parts of the examples (class weights, padding left out of a mean, examples "
            "that are compared with each other)"
        )
        if not problem.divisible:
            why, divided["eig_samples"] = "of a model that takes all examples or none", eig_samples
        at_once = examples if batch_size is None or not problem.divisible else batch_size
        for field, number in divided.items():
            if number is not None and number < at_once:
                remedy = "leave it out" if field != "physical_batch" else f"give --physical-batch {at_once}"
                raise ProblemError(
                    f"{flag(field)} {number} does not go with --arch {arch} and --loss {loss}: "
                    f"the loss is {why}; {remedy}"
                )
    if problem.findings.reduction == "sum" and eig_samples is not None and eig_samples < examples:
        raise ProblemError(
            f"--eig-samples {eig_samples} does not go with --loss {loss}, which is a sum over examples: "
            "the sum over a part of them has less curvature; let the loss be a mean, or leave the flag out"
        )


def _device(name: str) -> torch.device:
    """The device that a name means; `auto` is a GPU where there is one."""
    if name == "auto":
        return torch.device(next((kind for kind, is_available in _GPUS.items() if is_available()), "cpu"))
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
        default_generators(device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise DeviceError(f"--device: {name!r} cannot be used here ({reason}); --device cpu always works") from error
    return device
