"""Distributions that were measured along a run: what a heat strip is given to draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eostui.reading.trace import Floats, Steps


@dataclass(frozen=True, eq=False)
class Densities:
    """Distributions measured now and then: at each of some steps, values and the shares that lie there."""

    steps: Steps
    """(n,), nondecreasing."""
    nodes: Floats
    """(n, m) values; NaN where a row has fewer."""
    weights: Floats
    """(n, m) their shares, which add up to 1."""

    @classmethod
    def none(cls) -> Densities:
        """No measurement yet."""
        return cls(np.empty(0, np.int64), np.empty((0, 1)), np.empty((0, 1)))

    def row_at(self, step: float) -> int | None:
        """The row of the last measurement at or before `step`, None where there is none."""
        row = int(np.searchsorted(self.steps, self.steps.dtype.type(np.floor(step)), side="right")) - 1
        return row if row >= 0 else None

    def there(self, row: int) -> tuple[Floats, Floats]:
        """The values of a row that have a share, and those."""
        nodes, weights = self.nodes[row], self.weights[row]
        real = has_share(nodes, weights)
        return nodes[real], weights[real]


def has_share(nodes: Floats, weights: Floats) -> npt.NDArray[np.bool_]:
    """Which of some values are numbers that have a share."""
    real: npt.NDArray[np.bool_] = np.isfinite(nodes) & (weights > 0)
    return real
