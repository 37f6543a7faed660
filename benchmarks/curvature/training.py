"""What monitoring adds to the time of training, as the trainer's loop does it (eostui/trainer/loop.py)."""

from __future__ import annotations

import time
from dataclasses import replace
from statistics import median

import torch
from cases import Case
from compiled import program_for
from method import TOLERANCE
from ours import measure
from torch import Tensor

from eostui.curvature.eigen.trajectory import TrajectorySpectrum
from eostui.curvature.operators.hessian import HessianOperator
from eostui.dynamics.optimizers import make_optimizer
from eostui.objective.objective import Objective
from eostui.trainer.moment import Measured, Moment
from eostui.trainer.plan import plan_run
from eostui.trainer.tracked import TrackedSharpness

BLOCK = 20
"""Steps timed together: the longest cadence."""


class Monitoring:
    """A way to watch: the largest eigenvalue certified every so many steps (0: never), or tracked at every step.

    The largest alone: a run may follow more of them, as many as lie near the threshold.
    """

    def __init__(self, certified_every: int, *, tracked: bool) -> None:
        self._certified_every = certified_every
        self._tracked = TrackedSharpness(plan_run({})) if tracked else None
        self._spectrum = TrajectorySpectrum(1, tol=TOLERANCE)
        self._spectra: dict[str, Measured] = {}
        self._step = 0

    def train(self, objective: Objective, theta: Tensor, lr: float) -> float:
        """Seconds for BLOCK steps from θ, which is updated in place."""
        program = program_for(self._spectrum, objective)
        optimizer = make_optimizer("gd", theta, lr=lr, hyperparameters={})
        start = time.perf_counter()
        for _ in range(BLOCK):
            due = bool(self._certified_every) and self._step % self._certified_every == 0
            if due or self._tracked:
                # The gradient comes from the Hessian's graphs and costs nothing more.
                with HessianOperator(objective, theta, program=program) as hessian:
                    gradient = hessian.gradient(advance_buffers=True).gradient
                    if due:
                        self._spectra["hessian"] = Measured(self._step, measure(self._spectrum, hessian, self._step))
                    if self._tracked:
                        self._tracked.measure(self._moment(hessian, optimizer, lr))
            else:
                gradient = objective.gradient(theta, advance_buffers=True).gradient
            theta.grad = gradient
            optimizer.step()
            self._step += 1
        return time.perf_counter() - start

    def _moment(self, hessian: HessianOperator, optimizer: torch.optim.Optimizer, lr: float) -> Moment:
        return Moment(
            step=self._step,
            theta=hessian.theta,
            objective=hessian.objective,
            curvature=hessian.objective,
            hessian=hessian,
            spectra=self._spectra,
            test=None,
            classes=True,
            optimizer=optimizer,
            lr=lr,
            elapsed=0.0,
            measuring=0.0,
            note=lambda _happening: None,
            compile_products=lambda: None,
            report=lambda _text, _fraction: None,
        )


def compare_training(case: Case, objective: Objective, rounds: int) -> None:
    """Print the time of a step with each kind of monitoring over that of a plain one; blocks take turns."""
    (theta,) = replace(case, points=1).trajectory(objective)
    ways = {
        "plain training": Monitoring(0, tracked=False),
        "certified every 20 steps": Monitoring(20, tracked=False),
        "certified every 5 steps": Monitoring(5, tracked=False),
        "certified every 20, tracked every step": Monitoring(20, tracked=True),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        after = theta
        names = list(ways)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            weights = theta.clone()
            taken = ways[name].train(objective, weights, case.lr)
            if turn:  # in the first the eigenpairs are not there yet
                seconds[name].append(taken / BLOCK)
            if name == "plain training":
                after = weights
        theta = after
    print(f"  {rounds} blocks of {BLOCK} steps each from step {case.start + BLOCK} on")
    print(f"  {'':40} {'ms a step':>10} {'÷ plain':>8} {'from':>6} {'to':>6}")
    plain = seconds["plain training"]
    for name, taken in seconds.items():
        ratios = [one / alone for one, alone in zip(taken, plain, strict=True)]
        print(f"  {name:40} {1e3 * median(taken):10.2f} {median(ratios):7.2f}x {min(ratios):5.2f}x {max(ratios):5.2f}x")
