"""The trainings along which curvature is measured, and the points of their trajectories."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from progress import progress
from torch import Tensor

from eostui.objective.objective import Objective
from eostui.problems.architectures import ARCHITECTURES
from eostui.problems.problem import build_problem


@dataclass(frozen=True)
class Case:
    """Gradient descent with step size `lr` on the first `examples` examples; a measurement every `every` steps.

    start: the step of the first point. points: how many there are. peer_every: of how many points the slow methods
    see one. note: what the reader has to know.
    """

    arch: str
    examples: int
    lr: float
    start: int
    every: int
    points: int
    peer_every: int
    note: str = ""

    def objective(self, data_dir: Path) -> Objective:
        """The training loss, in float32 on the CPU. Raises ProblemError where the data are not there."""
        entry = ARCHITECTURES[self.arch]
        problem = build_problem(
            arch=entry.name,
            width=None,
            depth=None,
            data=entry.data,
            loss=entry.loss,
            seed=0,
            data_dir=data_dir,
            dtype=torch.float32,
            device=torch.device("cpu"),
            progress=lambda _text, _fraction: None,
        )
        data = problem.dataset
        whole = Objective(problem.model, problem.loss, data.x, data.y, physical_batch=entry.physical_batch)
        # One physical batch where memory allows: batch norm knows no other division that leaves the loss as it is.
        return whole.subset(self.examples)

    def trajectory(self, objective: Objective) -> list[Tensor]:
        """The weights θ at every point, (size,) each."""
        last = self.start + self.every * (self.points - 1)
        theta = objective.parameters()
        thetas = []
        for step in range(last + 1):
            progress(f"step {step} of {last}")
            if step >= self.start and (step - self.start) % self.every == 0:
                thetas.append(theta)
            gradient = objective.gradient(theta).gradient
            theta = theta - self.lr * gradient
        progress()
        return thetas


_FC = Case("fc-tanh", 5000, lr=2 / 40, start=200, every=5, points=50, peer_every=25)

CASES = {
    "fc": _FC,
    "fc-every-step": replace(_FC, every=1),
    "cnn": Case("cnn-avgpool-tanh", 200, lr=2 / 20, start=60, every=5, points=50, peer_every=25),
    "resnet32": Case(
        "resnet32", 50, lr=2 / 100, start=10, every=5, points=5, peer_every=5, note="a short warm-up, not at the edge"
    ),
    "transformer": Case(
        "transformer", 10, lr=2 / 10, start=10, every=5, points=5, peer_every=5, note="a short warm-up, not at the edge"
    ),
}
