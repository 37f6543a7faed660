"""The top eigenpairs of a matrix that changes, measured again and again along a trajectory of the weights."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from eostui.curvature.eigensolver import Eigenpairs, Progress, top_eigenpairs
from eostui.curvature.ritz import LinearOperator, NonFiniteProduct

VERIFIED_EVERY = 20
"""Measurements from one that looks for overlooked eigenvectors to the next …"""
JUMP = 1.4
"""… unless the loss has changed by this factor in between."""


class TrajectorySpectrum:
    """The k largest eigenpairs at one point after the other, each search started from what is known already.

    That is the subspace of the last point at a step of the same parity, at the edge of stability the weights oscillate
    with a period of two steps, and the eigenvectors with them, and the gradient. Now and then, and after a jump of the
    loss, which may have brought any eigenvector to the top, the result is verified.
    """

    def __init__(self, k: int, *, at_most: int | None = None, tol: float = 1e-3, seed: int = 0) -> None:
        self._k = k
        self._at_most = at_most
        self._tol = tol
        self._seed = seed
        self._generator: torch.Generator | None = None
        self._subspaces: dict[int, Tensor] = {}
        self._unverified = 0
        self._loss = np.nan

    def measure(
        self,
        operator: LinearOperator,
        *,
        step: int,
        loss: float,
        gradient: Tensor | None,
        above: float = np.inf,
        on_product: Callable[[Progress], None] | None = None,
    ) -> Eigenpairs:
        """The eigenpairs at a step with this loss and gradient (size,); the rest as for `top_eigenpairs`.

        After NonFiniteProduct, which is raised where a product is not finite, the next search starts anew.
        """
        if self._generator is None:
            self._generator = torch.Generator(operator.device).manual_seed(self._seed)
        phase = step % 2
        try:
            pairs = top_eigenpairs(
                operator,
                self._k,
                above=above,
                at_most=self._at_most,
                tol=self._tol,
                start=self._subspaces.get(phase, self._subspaces.get(1 - phase)),
                gradient=gradient,
                verify=self._is_to_be_verified(loss),
                generator=self._generator,
                on_product=on_product,
            )
        except NonFiniteProduct:
            self._subspaces.clear()
            raise
        self._subspaces[phase] = pairs.subspace
        return pairs

    def _is_to_be_verified(self, loss: float) -> bool:
        steady = loss <= JUMP * self._loss and self._loss <= JUMP * loss
        due = self._unverified >= VERIFIED_EVERY or not steady
        self._unverified = 0 if due else self._unverified + 1
        self._loss = loss
        return due
