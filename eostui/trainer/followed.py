"""The instrument for all eigenvalues near the threshold, however many they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eostui.config import RunConfig
from eostui.curvature.eigen.modes import Modes
from eostui.trainer import tables
from eostui.trainer.instruments import compared_table
from eostui.trainer.moment import Moment


class Followed:
    """Everything that the solver found of the matrix that the threshold is for, and which eigenvector is which."""

    def __init__(self, config: RunConfig) -> None:
        self._table = compared_table(config.training)
        self._width = tables.most_followed(config.measuring.eigs)
        self._modes = Modes()

    def measure(self, moment: Moment) -> Mapping[str, Any] | None:
        """Eigenvalues, residuals, errors and numbers of the modes, (width,) each; None where nothing was found."""
        newest = moment.spectra.get(self._table)
        if newest is None or newest.step != moment.step:
            return None
        pairs = newest.pairs
        return {
            "eigenvalues": self._padded(pairs.values, np.nan),
            "residuals": self._padded(pairs.residuals, np.nan),
            "errors": self._padded(pairs.errors, np.nan),
            "certified": int(moment.products.certified),
            "modes": self._padded(self._modes.number(pairs.vectors), -1),
        }

    def _padded(self, values: NDArray[Any], nothing: float) -> NDArray[Any]:
        return np.pad(values, (0, self._width - len(values)), constant_values=nothing)


def followed(config: RunConfig) -> Followed:
    """The instrument behind the table `followed`."""
    return Followed(config)
