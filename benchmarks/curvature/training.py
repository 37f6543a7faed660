"""What monitoring adds to the time of training, as the trainer's loop does it (eostui/trainer/loop.py)."""

from __future__ import annotations

import time
from dataclasses import replace
from statistics import median

from cases import Case
from compiled import program_for
from method import TOLERANCE
from torch import Tensor

from eostui.config import Measuring
from eostui.curvature.compiled.tangent_program import TangentProgram
from eostui.dynamics.descent import Descent
from eostui.dynamics.optimizers import make_optimizer
from eostui.instruments.base.found import Found
from eostui.instruments.base.point import Point
from eostui.instruments.base.scope import Scope
from eostui.instruments.hessian import Hessian
from eostui.instruments.tracked import Tracked
from eostui.objective.objective import Objective
from eostui.store.events import Happening

BLOCK = 20
"""Steps timed together: the longest cadence."""


class Monitoring:
    """A way to watch: the largest eigenvalue certified every so many steps (0: never), or tracked at every step.

    The largest alone: a run may follow more of them, as many as lie near the threshold.
    """

    def __init__(self, certified_every: int, *, tracked: bool) -> None:
        self._certified_every = certified_every
        scope = Scope(Measuring(eigs=1, eig_above=None, eig_tol=TOLERANCE))
        self._hessian = Hessian(scope)
        self._tracked = Tracked(scope) if tracked else None
        self._found = Found()
        self._step = 0

    def train(self, objective: Objective, theta: Tensor, lr: float) -> float:
        """Seconds for BLOCK steps from θ, which is updated in place."""
        assert self._hessian.trials is not None
        program = program_for(self._hessian.trials, objective)
        descent = Descent(objective, make_optimizer("gd", theta, lr=lr, hyperparameters={}), theta)
        descent.step = self._step
        start = time.perf_counter()
        for _ in range(BLOCK):
            due = bool(self._certified_every) and descent.step % self._certified_every == 0
            with self._point(descent, program) as point:
                descent.evaluate(point.hessian if due or self._tracked else None)
                if due:
                    self._hessian.measure(point, self._found, NOBODY)
                if self._tracked:
                    self._tracked.measure(point, self._found, NOBODY)
            descent.advance()
        self._step = descent.step
        return time.perf_counter() - start

    def _point(self, descent: Descent, program: TangentProgram | None) -> Point:
        assert self._hessian.trials is not None
        best = self._hessian.trials.best
        return Point(
            step=descent.step,
            theta=descent.theta,
            lr=descent.lr,
            objective=descent.objective,
            curvature=descent.objective,
            threshold=descent.threshold,
            program=program,
            search_with={} if best is None else {self._hessian.name: best},
        )


class Nobody:
    """Does not listen."""

    def event(self, happening: Happening) -> None: ...
    def progress(self, text: str, fraction: float | None = None) -> None: ...


NOBODY = Nobody()


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
    for name, steps in seconds.items():
        ratios = [one / alone for one, alone in zip(steps, plain, strict=True)]
        print(f"  {name:40} {1e3 * median(steps):10.2f} {median(ratios):7.2f}x {min(ratios):5.2f}x {max(ratios):5.2f}x")
