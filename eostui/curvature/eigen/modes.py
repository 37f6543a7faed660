"""Which eigenvector is which, from one measurement to the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

SAME = 0.5
"""An eigenvector keeps its number if more than this part of it, as a squared cosine, is in one of the next measurement.

It is the smallest value with which no two of them can have the same number: the parts of one vector in others that are
orthonormal add up to 1 at most.
"""


class Modes:
    """Numbers eigenvectors in such a way that each keeps its number when eigenvalues cross and their order changes.

    Numbers count up from 0 and are never given twice.
    """

    def __init__(self) -> None:
        self._vectors: Tensor | None = None
        self._numbers = np.empty(0, dtype=np.int64)
        self._next_number = 0

    def number(self, vectors: Tensor) -> NDArray[np.int64]:
        """The numbers (m,) of the orthonormal `vectors` (size, m), which are kept for the next time."""
        numbers = np.full(vectors.shape[1], -1, dtype=np.int64)
        if self._vectors is not None:
            shared = (self._vectors.to(vectors).T @ vectors).square().cpu().double().numpy()
            # shared[i, j] = cos² of the angle between the old vector i and the new vector j.
            for old, new in np.argwhere(shared > SAME):
                numbers[new] = self._numbers[old]
        fresh = np.flatnonzero(numbers < 0)
        numbers[fresh] = self._next_number + np.arange(len(fresh))
        self._next_number += len(fresh)
        self._vectors, self._numbers = vectors, numbers
        return numbers

    def state_dict(self) -> dict[str, Any]:
        """The last vectors (size, m), their numbers and the next number to give; the vectors are not copied."""
        return {"vectors": self._vectors, "numbers": self._numbers.tolist(), "next": self._next_number}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` has returned."""
        self._vectors = state["vectors"]
        self._numbers = np.array(state["numbers"], dtype=np.int64)
        self._next_number = state["next"]
