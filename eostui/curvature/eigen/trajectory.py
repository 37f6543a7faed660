"""The top eigenpairs of a matrix that changes, measured again and again along a trajectory of the weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from eostui.curvature.eigen.eigensolver import Eigenpairs, RoughOperator, Start, top_eigenpairs
from eostui.curvature.eigen.rough_products import RoughTrial, try_rough_products
from eostui.curvature.eigen.search import Budget, Progress, Wanted
from eostui.curvature.eigen.tuning import TUNED, Tuning
from eostui.curvature.inner_products import norm
from eostui.curvature.linear_operator import HasRoughProducts, LinearOperator, NonFiniteProduct

TRIED_AFTER = 2
"""Measurements before rough products are tried: neither the first number waits for that, nor a run of one only."""


class TrajectorySpectrum:
    """The k largest eigenpairs at one point after the other, each search started from what is known already.

    That is the subspace of the last point at a step of the same parity, at the edge of stability the weights oscillate
    with a period of two steps, and the eigenvectors with them, and the gradient. Now and then, and after a jump of the
    loss, which may have brought any eigenvector to the top, the result is verified.

    With `rough`, the second measurement ends with a trial of rough products, and any later one at which the operator
    has a new kind of them; the kind that pays most, if any does, serves the searches from then on. That depends on the
    time they take: two runs may decide otherwise, and differ within the claimed errors.

    Where products are wrong by more than rounding, differences of gradients for one, how wrong they are along the
    eigenvectors is in the residuals and errors.

    `frugal` takes less memory for more products: a small basis, and the last subspace only.

    trials: what was found, in the order of time; none where it was not worth one.
    """

    def __init__(
        self,
        k: int,
        *,
        at_most: int | None = None,
        tol: float = 1e-3,
        seed: int = 0,
        frugal: bool = False,
        rough: bool = True,
        tuning: Tuning = TUNED,
    ) -> None:
        self._k = k
        self._at_most = at_most
        self._tol = tol
        self._frugal = frugal
        self._tuning = tuning
        self._rough = rough
        self._seed = seed
        self._generator: torch.Generator | None = None
        self._subspaces: dict[int, Tensor] = {}
        self._unverified = 0
        self._loss = np.nan
        self._measured = 0
        self._tried: set[str] = set()
        self.trials: list[RoughTrial] = []

    @property
    def searches_with(self) -> RoughTrial | None:
        """The rough products that searches are made with; None for exact ones."""
        return min((trial for trial in self.trials if trial.pays), key=lambda trial: trial.search, default=None)

    def measure(
        self,
        operator: HasRoughProducts,
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
        coarser = operator.coarser()
        noise = 0.0 if coarser is None or gradient is None else _noise(operator, coarser, gradient)
        phase = step % 2
        chosen = self.searches_with
        searching = None if chosen is None else operator.rough(chosen.kind)
        verify = self._is_to_be_verified(loss)
        try:
            pairs = top_eigenpairs(
                operator,
                Wanted(self._k, self._at_most, above=above, tol=self._tol),
                start=Start(self._start(phase), gradient, verify=verify),
                rough=RoughOperator(searching, chosen.noise) if searching and chosen else None,
                noise=noise,
                budget=Budget(frugal=self._frugal),
                tuning=self._tuning,
                generator=self._generator,
                on_product=on_product,
            )
        except NonFiniteProduct:
            self._subspaces.clear()
            raise
        finally:
            if searching is not None:
                searching.close()
        if coarser is not None:
            pairs = _with_doubt(pairs, operator, coarser)
        if verify:
            self._subspaces.clear()  # what was overlooked until now is not to be overlooked at the other phase
        self._subspaces[phase] = pairs.subspace
        self._measured += 1
        if self._rough and self._measured >= TRIED_AFTER:
            self._try_rough_products(operator, pairs.vectors[:, 0])
        return pairs

    def _start(self, phase: int) -> Tensor | None:
        """What the last search at this phase has found. It is not kept where the search is to have its memory."""
        if self._frugal and self._subspaces:
            return self._subspaces.popitem()[1]
        return self._subspaces.get(phase, self._subspaces.get(1 - phase))

    def _try_rough_products(self, operator: HasRoughProducts, v: Tensor) -> None:
        for kind in operator.rough_kinds:
            if kind not in self._tried:
                self._tried.add(kind)
                if (trial := try_rough_products(operator, v, kind)) is not None:
                    self.trials.append(trial)

    def _is_to_be_verified(self, loss: float) -> bool:
        jump = self._tuning.jump
        steady = loss <= jump * self._loss and self._loss <= jump * loss
        due = self._unverified >= self._tuning.verified_every or not steady
        self._unverified = 0 if due else self._unverified + 1
        self._loss = loss
        return due


def _noise(operator: LinearOperator, coarser: LinearOperator, gradient: Tensor) -> float:
    """How wrong a product is, relative to its length: along the gradient, before anything is known of eigenvectors."""
    v = gradient[:, None]
    image = operator @ v
    length = float(norm(image.T)[0])
    return float(norm((coarser @ v - image).T)[0]) / length if length > 0 else 0.0


def _with_doubt(pairs: Eigenpairs, operator: LinearOperator, coarser: LinearOperator) -> Eigenpairs:
    """The pairs with what products are wrong by in their residuals and errors."""
    doubt = norm((coarser @ pairs.vectors - operator @ pairs.vectors).T).cpu().double().numpy()
    doubts = np.pad(doubt, (0, len(pairs.values) - len(doubt)))
    return replace(pairs, residuals=pairs.residuals + doubts, errors=pairs.errors + doubts)
