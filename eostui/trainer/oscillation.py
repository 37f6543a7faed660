"""The instrument for the oscillation of the weights along the top eigenvectors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from eostui.config import RunConfig
from eostui.trainer.moment import Moment


class Oscillation:
    """x_t = qᵀ(θ_t − θ̄_t) about the midpoint θ̄_t = (θ_{t−1} + 2θ_t + θ_{t+1})/4, which has no part of period 2.

    The eigenvectors q are those of the Hessian that were measured last at or before step t, with the signs they have
    there. As θ_{t+1} is not known at step t, its row comes a step later.
    """

    def __init__(self, config: RunConfig) -> None:
        self._count = config.measuring.eigs
        self._step = -1
        self._theta: Tensor | None = None
        self._move: Tensor | None = None
        self._vectors: Tensor | None = None

    def measure(self, moment: Moment) -> Mapping[str, Any] | None:
        """The row of the step before, x (k,), NaN past the number of weights; None where an eigenvector or one of the
        three θ is missing."""
        last = self._theta if moment.step == self._step + 1 else None
        theta = moment.theta.clone()  # the update will change it in place
        move = None if last is None else theta - last
        row = None
        if move is not None and self._move is not None and self._vectors is not None:
            # From the two moves: products with the weights themselves would lose digits.
            found = (self._vectors.T @ (self._move - move) / 4).tolist()
            row = {"step": self._step, "oscillation": found + [math.nan] * (self._count - len(found))}
        self._step, self._theta, self._move = moment.step, theta, move
        if "hessian" in moment.spectra:
            self._vectors = moment.spectra["hessian"].pairs.vectors[:, : self._count]
        return row


def oscillation(config: RunConfig) -> Oscillation:
    """The instrument behind the table `oscillation`."""
    return Oscillation(config)
