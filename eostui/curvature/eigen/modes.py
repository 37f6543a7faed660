"""Which eigenvector is which, from one measurement to the next."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

SAME = 0.5
"""An eigenvector goes on as long as so much of it, as a squared cosine, is in one of the next measurement."""


class Modes:
    """Numbers eigenvectors, so that each keeps its number when eigenvalues cross and their order changes.

    Numbers count up from 0 and are never given twice.
    """

    def __init__(self) -> None:
        self._vectors: Tensor | None = None
        self._numbers = np.empty(0, dtype=np.int64)
        self._next = 0

    def number(self, vectors: Tensor) -> NDArray[np.int64]:
        """The numbers (m,) of the orthonormal `vectors` (size, m), which are kept for the next time."""
        numbers = np.full(vectors.shape[1], -1, dtype=np.int64)
        if self._vectors is not None:
            shared = (self._vectors.T @ vectors).square().cpu().double().numpy()
            # Of orthonormal vectors no two can have more than half of the same one.
            for old, new in np.argwhere(shared > SAME):
                numbers[new] = self._numbers[old]
        fresh = np.flatnonzero(numbers < 0)
        numbers[fresh] = self._next + np.arange(len(fresh))
        self._next += len(fresh)
        self._vectors, self._numbers = vectors, numbers
        return numbers
