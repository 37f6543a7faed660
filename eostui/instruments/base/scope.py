"""What an instrument knows of a run before it begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from eostui.config import Measuring, RunConfig, Training
from eostui.dynamics.formulas import Matrix
from eostui.dynamics.optimizers import OPTIMIZERS

_DESCENT = Training(lr=1.0)


@dataclass(frozen=True)
class Scope:
    """What is measured, and in which training.

    measuring: the settings of measuring. seed: the seed of all random vectors. matrix: the matrix that the stability
    threshold is for. batch_size: number of examples in a step; None for all of them. training: how the weights move.
    arch: the network, by its name.
    """

    measuring: Measuring
    seed: int = 0
    matrix: Matrix = Matrix.HESSIAN
    batch_size: int | None = None
    training: Training = _DESCENT
    arch: str = ""

    @classmethod
    def of(cls, config: RunConfig) -> Self:
        """The scope of a run with this config."""
        training = config.training
        preconditioned = OPTIMIZERS[training.optimizer].preconditioned
        matrix = Matrix.PRECONDITIONED if preconditioned else Matrix.HESSIAN
        return cls(
            config.measuring, training.seed, matrix, training.batch_size, training=training, arch=config.problem.arch
        )

    @property
    def follows(self) -> bool:
        """Whether all eigenvalues near the threshold are followed: not where the threshold is only a comparison."""
        return self.batch_size is None and self.measuring.eig_above is not None
