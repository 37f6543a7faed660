"""Everything that a run computes with, made from its config."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from eostui.config import RunConfig, flag
from eostui.curvature.thresholds import stability_threshold
from eostui.dynamics.optimizers import make_optimizer
from eostui.objective.model_call import Inputs
from eostui.objective.objective import Objective
from eostui.objective.passes import Draws
from eostui.problems.datasets import Progress
from eostui.problems.errors import ProblemError
from eostui.problems.problem import Problem, build_problem
from eostui.trainer.plan import HYPERPARAMETERS


class DeviceError(ValueError):
    """The device asked for is not here."""


@dataclass(frozen=True)
class Setup:
    """A run before its first step.

    objective: the training loss over all examples. curvature: the same over the examples that curvature is measured on
    (`--eig-samples`), the very same object where these are all. test: over the test set, where there is one, with the
    model in evaluation mode. draws: the random numbers of all three. theta: all weights in one vector, (size,), which
    `optimizer` updates in place. classes: whether there is an accuracy.
    """

    problem: Problem
    objective: Objective
    curvature: Objective
    test: Objective | None
    draws: Draws
    theta: Tensor
    optimizer: torch.optim.Optimizer

    @property
    def classes(self) -> bool:
        """Whether examples have classes, and so an accuracy."""
        return self.problem.accuracy is not None

    def threshold_label(self, config: RunConfig) -> str:
        """The stability threshold as a formula; of minibatch training it is for comparison only, and says so."""
        formula = stability_threshold(self.optimizer).formula
        return formula if config.batch_size is None else f"full-batch {formula}"


def set_up(config: RunConfig, progress: Progress) -> Setup:
    """Load the data, build the model and the optimizer. Raises `ProblemError` or `DeviceError`."""
    device = _device(config.device)
    if config.threads:
        torch.set_num_threads(config.threads)
    problem = build_problem(
        arch=config.arch,
        width=config.width,
        depth=config.depth,
        data=config.data,
        loss=config.loss,
        seed=config.seed,
        data_dir=Path(config.data_dir).expanduser(),
        dtype=getattr(torch, config.dtype),
        device=device,
        progress=progress,
    )

    findings, dataset = problem.findings, problem.dataset
    draws = Draws(config.seed, everywhere=findings.everywhere)

    def objective_on(inputs: Inputs, targets: Tensor | None, *, evaluating: bool = False) -> Objective:
        return Objective(
            problem.model,
            problem.loss,
            inputs,
            targets,
            accuracy=problem.accuracy,
            # How the test set is divided makes no difference to training, but memory may be short.
            physical_batch=config.physical_batch if problem.divisible else None,
            summed=findings.reduction == "sum",
            divisible=problem.divisible,
            copies=findings.copies,
            evaluating=evaluating,
            draws=draws,
        )

    objective = objective_on(dataset.x, dataset.y)
    _check_division(config, problem, objective.examples)
    if config.batch_size is not None and config.batch_size > objective.examples:
        examples = f"{objective.examples:,} examples"
        raise ProblemError(f"--batch-size {config.batch_size} does not go with {config.data}, which has {examples}")
    if config.until_accuracy is not None and problem.accuracy is None:
        raise ProblemError(f"--until-accuracy does not go with {config.data}, which has no classes; give --until-loss")
    chosen = {name: getattr(config, name) for name in HYPERPARAMETERS}
    theta = objective.parameters()
    samples = config.eig_samples or objective.examples
    return Setup(
        problem=problem,
        objective=objective,
        curvature=objective if samples >= objective.examples else objective.subset(samples),
        test=None if dataset.x_test is None else objective_on(dataset.x_test, dataset.y_test, evaluating=True),
        draws=draws,
        theta=theta,
        optimizer=make_optimizer(
            config.optimizer,
            theta,
            lr=config.lr,
            hyperparameters={name: value for name, value in chosen.items() if value is not None},
        ),
    )


def _check_division(config: RunConfig, problem: Problem, examples: int) -> None:
    """Raise ProblemError where the examples are to be divided, and their loss cannot be."""
    divided = {"batch_size": config.batch_size, "physical_batch": config.physical_batch}
    if problem.divisible:
        del divided["batch_size"]
    if problem.findings.reduction == "neither":
        why = (
            "not the mean of the losses of parts of the examples (class weights, padding left out of a mean, examples "
            "that are compared with each other)"
        )
        if not problem.divisible:
            why, divided["eig_samples"] = "of a model that takes all examples or none", config.eig_samples
        at_once = examples if config.batch_size is None or not problem.divisible else config.batch_size
        for field, number in divided.items():
            if number is not None and number < at_once:
                remedy = "leave it out" if field != "physical_batch" else f"give --physical-batch {at_once}"
                raise ProblemError(
                    f"{flag(field)} {number} does not go with --arch {config.arch} and --loss {config.loss}: "
                    f"the loss is {why}; {remedy}"
                )
    if problem.findings.reduction == "sum" and config.eig_samples is not None and config.eig_samples < examples:
        raise ProblemError(
            f"--eig-samples {config.eig_samples} does not go with --loss {config.loss}, which is a sum over examples: "
            "that of a part of them has less curvature; take their mean, or leave it out"
        )


def _device(name: str) -> torch.device:
    """The device that a name means; `auto` is a GPU where there is one."""
    if name == "auto":
        accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
        return accelerator or torch.device("cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise DeviceError(f"--device: {name!r} cannot be used here ({reason}); --device cpu always works") from error
    return device
