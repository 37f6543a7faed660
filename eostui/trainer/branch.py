"""A run that has its first steps from another run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import torch

from eostui.config import HYPERPARAMETERS, RunConfig
from eostui.config.command import step_size_text
from eostui.config.run_config import KEYS
from eostui.dynamics.descent import Descent
from eostui.problems.datasets import Progress
from eostui.store import RUN_FILE, TRAIN, Parent, Predecessor, RunFile, RunFileError
from eostui.store.events import Forked
from eostui.trainer.assignment import Origin
from eostui.trainer.beginning import Beginning
from eostui.trainer.continuation import Continuation, continuation_of
from eostui.trainer.random_states import set_random_states
from eostui.trainer.setup import Setup, minibatches_of, optimizer_of


@dataclass(frozen=True)
class Branch:
    """A run that has the steps before `at` from another run, whose file this is.

    Those of them that no checkpoint spares are made again, with the step sizes that the file has, and not measured:
    measuring changes nothing.
    """

    file: RunFile
    at: int
    lrs: np.ndarray
    """The step size of each update before `at`, (at,)."""
    continuation: Continuation

    @classmethod
    def of(cls, origin: Origin) -> Self:
        """Open the file of the run that it branches off from. Raises RunFileError where that has not come so far."""
        at, file = origin.at or 0, RunFile.open(Path(origin.run) / RUN_FILE)
        rows = file.read(TRAIN.name, ["step", "lr"], stop=at)
        if not np.array_equal(rows["step"], np.arange(at)):
            raise RunFileError(f"{file.path}: has {len(rows['step']):,} steps, and the fork is at {at:,}")
        return cls(file, at, rows["lr"], continuation_of(file, by=at))

    @property
    def config(self) -> RunConfig:
        """The settings of the run that it branches off from."""
        return RunConfig.from_dict(self.file.config)

    def setup_for(self, config: RunConfig) -> RunConfig:
        """The settings that a setup is made by: those of the branch, with the optimizer and the seed from before."""
        before = self.config.training
        kept = ("seed", "optimizer", "lr", "lr_schedule", *HYPERPARAMETERS)
        return config.replace(**{name: getattr(before, name) for name in kept})

    def grow(self, setup: Setup, config: RunConfig, progress: Progress) -> Setup:
        """Make the steps up to `at`, and give the setup the branch's own settings and optimizer."""
        descent = Descent(
            setup.objective, setup.optimizer, setup.theta, minibatches_of(self.config.training, setup.objective)
        )
        if (state := self.continuation.state) is not None:
            descent.load_state_dict(state)
            setup.objective.restore_moved(state["moved"])
            set_random_states(state["random"], setup.objective.device)
        first = descent.step
        for step in range(first, self.at):
            progress(f"making step {step:,} of {self.at:,} again", (step - first) / (self.at - first))
            descent.lr = float(self.lrs[step])
            descent.evaluate()
            descent.advance()
        setup.draws.seed = config.training.seed
        track = setup.config.measuring.track  # without default instruments that the model does not allow
        return replace(setup, config=config.replace(track=track), optimizer=self._optimizer(setup, config))

    def beginning(self, config: RunConfig) -> Beginning:
        """What the branch begins with, once it has grown."""
        file, before, now = self.file, self.config.to_dict(), config.to_dict()
        rows = {name: int(np.searchsorted(file.read(name, ["step"])["step"], self.at)) for name in file.tables}
        elapsed = file.read(TRAIN.name, ["time"], start=self.at - 1, stop=self.at)["time"]
        changed = {name: now[name] for name in KEYS if now[name] != before[name]}
        if "lr" in changed:
            changed["lr"] = step_size_text(config.training.lr)
        said = ", ".join(f"{name} {value}" for name, value in changed.items()) or "nothing else than before"
        name = file.path.parent.resolve().name
        return Beginning(
            step=self.at,
            elapsed=float(elapsed[0]),
            predecessor=Predecessor(file, rows, {}),
            parent=Parent(name, file.created, self.at),
            happening=Forked(name, f"branched off from {name}: {said}"),
        )

    def _optimizer(self, setup: Setup, config: RunConfig) -> torch.optim.Optimizer:
        """That of the branch, with the state of the one before where it is the same one."""
        optimizer = optimizer_of(config.training, setup.theta)
        if config.training.optimizer == self.config.training.optimizer:
            before, groups = setup.optimizer.state_dict(), optimizer.state_dict()["param_groups"]
            optimizer.load_state_dict({**before, "param_groups": groups})
        return optimizer
