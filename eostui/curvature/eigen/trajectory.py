"""The top eigenpairs of a matrix that changes, measured again and again along a trajectory of the weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from eostui.curvature.eigen.eigensolver import Eigenpairs, RoughOperator, Start, top_eigenpairs
from eostui.curvature.eigen.rough_products import RoughTrial
from eostui.curvature.eigen.search import Budget, SearchProgress, Wanted
from eostui.curvature.eigen.tuning import TUNED, Tuning
from eostui.curvature.inner_products import norm
from eostui.curvature.linear_operator import HasRoughProducts, LinearOperator, NonFiniteProduct


class TrajectorySpectrum:
    """The k largest eigenpairs at one point after the other, each search started from what is known already.

    A search starts from the gradient, and from the subspace that was found at the last point whose step has the same
    parity: at the edge of stability the weights oscillate with a period of two steps, and the eigenvectors with them.
    Now and then the result is verified, and after a jump of the loss, which may have brought any eigenvector to the
    top.

    Where products are wrong by more than rounding, as differences of gradients are, the residuals and errors include
    how wrong they are along the eigenvectors.

    `frugal` takes less memory for more products: a small basis, and the last subspace only.
    """

    def __init__(
        self,
        k: int,
        *,
        at_most: int | None = None,
        tol: float = 1e-3,
        seed: int = 0,
        frugal: bool = False,
        tuning: Tuning = TUNED,
    ) -> None:
        self._k = k
        self._at_most = at_most
        self._tol = tol
        self._frugal = frugal
        self._tuning = tuning
        self._seed = seed
        self._generator: torch.Generator | None = None
        self._generator_state: Tensor | None = None
        self._subspaces: dict[int, Tensor] = {}
        self._unverified = 0
        self._loss = np.nan

    def measure(
        self,
        operator: HasRoughProducts,
        *,
        step: int,
        loss: float,
        gradient: Tensor | None,
        above: float = np.inf,
        k: int | None = None,
        search_with: RoughTrial | None = None,
        on_product: Callable[[SearchProgress], None] | None = None,
    ) -> Eigenpairs:
        """The eigenpairs at a step with this loss and gradient (size,).

        They are the k largest, or as many as lie above `above`, up to `at_most`; a `k` that is given is for this point
        alone. `search_with` names the rough products to search with, and how wrong they are; None is for exact ones.
        `on_product` as for `top_eigenpairs`.

        After NonFiniteProduct, which is raised where a product is not finite, the next search starts anew.
        """
        generator = self._generator_on(operator.device)
        coarser = operator.coarser()
        noise = 0.0 if coarser is None or gradient is None else _noise(operator, coarser, gradient)
        parity = step % 2
        rough = None if search_with is None else operator.rough(search_with.kind)
        verify = self._is_to_be_verified(loss)
        try:
            pairs = top_eigenpairs(
                operator,
                Wanted(k or self._k, self._at_most, above=above, tol=self._tol),
                start=Start(self._last_subspace(parity), gradient, verify=verify),
                rough=None if rough is None or search_with is None else RoughOperator(rough, search_with.noise),
                noise=noise,
                budget=Budget(frugal=self._frugal),
                tuning=self._tuning,
                generator=generator,
                on_product=on_product,
            )
        except NonFiniteProduct:
            self._subspaces.clear()
            raise
        finally:
            if rough is not None:
                rough.close()
        if coarser is not None:
            pairs = _with_error_of_products(pairs, operator, coarser)
        if verify:
            self._subspaces.clear()  # what was overlooked until now is not to be overlooked at the other parity
        self._subspaces[parity] = pairs.subspace
        return pairs

    def state_dict(self) -> dict[str, Any]:
        """What the next measurement depends on, as tensors, numbers and dictionaries of them; tensors are not copied.

        subspaces: by the parity of the step, (size, any) each. generator: the state of the random generator, or None
        where there was no measurement yet. unverified: measurements since the last verification. loss: the last one.
        """
        return {
            "subspaces": dict(self._subspaces),
            "generator": self._generator_state if self._generator is None else self._generator.get_state(),
            "unverified": self._unverified,
            "loss": self._loss,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` has returned, of a spectrum that was made with the same arguments."""
        self._subspaces = dict(state["subspaces"])
        self._generator, self._generator_state = None, state["generator"]
        self._unverified = state["unverified"]
        self._loss = state["loss"]

    def _generator_on(self, device: torch.device) -> torch.Generator:
        """The generator of the random directions, which the first measurement makes on its device."""
        if self._generator is None:
            self._generator = torch.Generator(device).manual_seed(self._seed)
            if self._generator_state is not None:
                self._generator.set_state(self._generator_state)
        return self._generator

    def _last_subspace(self, parity: int) -> Tensor | None:
        """What the last search at this parity has found, or else at the other one.

        A frugal search gets the memory of what it starts from: that is not kept here.
        """
        if self._frugal and self._subspaces:
            return self._subspaces.popitem()[1]
        return self._subspaces.get(parity, self._subspaces.get(1 - parity))

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


def _with_error_of_products(pairs: Eigenpairs, operator: LinearOperator, coarser: LinearOperator) -> Eigenpairs:
    """The pairs, with how wrong products with their vectors are added to their residuals and errors."""
    apart = norm((coarser @ pairs.vectors - operator @ pairs.vectors).T).cpu().double().numpy()
    wrong = np.pad(apart, (0, len(pairs.values) - len(apart)))
    return replace(pairs, residuals=pairs.residuals + wrong, errors=pairs.errors + wrong)
