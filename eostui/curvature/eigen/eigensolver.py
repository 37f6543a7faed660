"""The largest eigenvalues of a symmetric matrix that is known by its products with vectors.

This is a block Davidson method without preconditioner (Morgan & Scott 1986, Stathopoulos & Saad 1998). It follows the
top Ritz pairs (λ, x) of A on an orthonormal basis, and the basis grows by the residual A x − λ x of the worst pair.

- A cold search starts from one vector. Its basis spans a Krylov space, and the method is thick-restart Lanczos.
- A warm search starts from the vectors of the last measurement. Each of them costs one product, and seldom more than
  one further product. No Krylov space contains them all: Lanczos could start from their sum only.

A search may overlook an eigenvector that is almost orthogonal to the vectors it started from, and small residuals do
not show that. At the edge of stability this happens often, because many eigenvalues crowd at the threshold and cross.
Three things protect against it, and their products are counted, too:

- Guards. The eigenvectors after the wanted ones are followed as well. They bound the gap, and take over at a crossing.
  A guard that mixes many eigenvectors has a low value, and may contain one that has risen to the top: the first guard
  is refined as long as its value and residual leave room for that.
- The gradient. It is one of the starting vectors, because it contains what training is about to amplify.
- Verification. A search that has no guards yet, or is asked to verify, takes Lanczos steps from a random vector and
  repeats that until the result no longer changes.

`policy` decides between these; `search` carries the decisions out.

Where products of lower precision are cheaper, the search is made with them and its result is confirmed. The Ritz
vectors that it finds are wrong by the noise of the products, and the Rayleigh quotients of the matrix itself on these
vectors are wrong by the square of that. If an error is then still above the tolerance, the search goes on with exact
products. Values, residuals and errors are always those of exact products.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from eostui.curvature.eigen.ritz import Array, RitzSubspace
from eostui.curvature.eigen.search import Budget, Search, SearchProgress, Wanted
from eostui.curvature.eigen.tuning import TUNED, Tuning
from eostui.curvature.linear_operator import LinearOperator, NonFiniteProduct


@dataclass(frozen=True)
class Eigenpairs:
    """The largest (algebraic) eigenvalues of A, from the largest down, and their eigenvectors.

    values, residuals, errors: (m,) λ, ‖A v − λ v‖ (a true eigenvalue lies within it) and the estimated error of λ
    (`RitzPairs.errors`); NaN past the size of the matrix. vectors: (size, m) orthonormal, on the operator's device
    ((size, size) where m is larger), each with the sign of the nearest of the vectors that the search started from.
    subspace: (size, m + 1 or more) the vectors, and after them the guards: the `Start.vectors` of the next measurement.
    products: how many were needed. converged: every error is at most tol·|λ₁|.
    """

    values: Array
    residuals: Array
    errors: Array
    vectors: Tensor
    subspace: Tensor
    products: int
    converged: bool


@dataclass(frozen=True)
class RoughOperator:
    """Cheap products with nearly the same matrix, wrong by `noise` of their length in an arbitrary direction."""

    operator: LinearOperator
    noise: float


@dataclass(frozen=True)
class Start:
    """What a search starts from.

    vectors: (size, any), eigenvectors of a slightly different matrix, best the last `Eigenpairs.subspace`. The columns
    after the wanted ones are guards. gradient: (size,), a direction that may contain a new eigenvector. verify:
    whether to look for eigenvectors that `vectors` may have missed; without guards that is done in any case.
    """

    vectors: Tensor | None = None
    gradient: Tensor | None = None
    verify: bool = False


FROM_NOTHING = Start()
"""A cold start, from a random vector."""

USUAL_BUDGET = Budget()


def top_eigenpairs(
    operator: LinearOperator,
    wanted: Wanted,
    *,
    start: Start = FROM_NOTHING,
    rough: RoughOperator | None = None,
    noise: float = 0.0,
    budget: Budget = USUAL_BUDGET,
    tuning: Tuning = TUNED,
    generator: torch.Generator | None = None,
    on_product: Callable[[SearchProgress], None] | None = None,
) -> Eigenpairs:
    """The largest algebraic eigenvalues of `operator`, each with an estimated error of at most tol·|λ₁|.

    A search that starts from vectors is made with `rough`, where that is given. `noise` says how wrong products with
    `operator` itself are, relative to |λ₁|: a residual cannot be told from zero below it, and it is not in the errors.
    `generator` gives the random directions.

    The search ends converged, or unconverged at the floor of the dtype or when the budget is spent. `on_product` is
    called after every product (once for all starting vectors) and may raise to abandon the search. Memory:
    `Tuning.most_vectors` vectors, of which only as many are in use as the search takes products and started from. The
    host waits for the device about three times a product, for O(m) numbers each.

    Raises ValueError for a start or gradient of another size, NonFiniteProduct for a product with NaN or infinite
    entries.
    """

    def random_direction() -> Tensor:
        device = generator.device if generator is not None else operator.device
        shape = (1, operator.size)
        return normalize(torch.randn(shape, dtype=operator.dtype, device=device, generator=generator)).to(
            operator.device
        )

    most = wanted.at_most(operator.size)
    vectors = _starting_vectors(operator, start)
    followed = vectors[:, : most + 2].T
    directions = _directions(followed, start.gradient, random_direction, tuning)[: operator.size]
    guards = 0 if start.verify else min(vectors.shape[1], most + 2)
    search = Search(wanted, budget, tuning, random_direction, on_product)
    capacity = tuning.most_vectors(most, frugal=budget.frugal)
    found_roughly = None
    if rough is not None and len(followed):
        with suppress(NonFiniteProduct):  # an exact product may well be finite
            subspace = RitzSubspace(rough.operator, capacity, passes=1)
            subspace.add(directions, signed=len(followed))
            found_roughly = search.run(subspace, guards=guards, noise=rough.noise)
        del subspace
    subspace = RitzSubspace(operator, capacity)
    if found_roughly is not None:
        found = search.confirm(subspace, found_roughly)
    else:
        subspace.add(directions, signed=len(followed))
        del start, vectors, followed, directions  # their memory may be needed
        found = search.run(subspace, guards=guards, noise=noise)

    def padded(array: Array) -> Array:
        return np.pad(array, (0, max(wanted.least - len(array), 0)), constant_values=np.nan)

    return Eigenpairs(
        values=padded(found.values),
        residuals=padded(found.residuals),
        errors=padded(found.errors),
        vectors=found.vectors[: len(found.values)].T,
        subspace=found.vectors.T,
        products=search.products,
        converged=found.converged,
    )


def _starting_vectors(operator: LinearOperator, start: Start) -> Tensor:
    """The vectors of a start, (size, any), where and what the operator's are; raises as `top_eigenpairs`."""
    vectors = torch.empty(operator.size, 0) if start.vectors is None else start.vectors
    if vectors.ndim != 2 or len(vectors) != operator.size:
        raise ValueError(f"start must have shape ({operator.size}, any), not {tuple(vectors.shape)}")
    if start.gradient is not None and start.gradient.shape != (operator.size,):
        raise ValueError(f"gradient must have shape ({operator.size},), not {tuple(start.gradient.shape)}")
    return vectors.to(operator.device, operator.dtype)


def _directions(
    followed: Tensor, gradient: Tensor | None, random_direction: Callable[[], Tensor], tuning: Tuning
) -> Tensor:
    """The rows that the basis starts from: what was followed and the gradient, or a random one."""
    if gradient is None:
        return followed if len(followed) else random_direction()
    along_gradient = normalize(gradient.to(followed)[None])
    if len(followed):
        return torch.cat([followed, along_gradient])
    return along_gradient + tuning.random_part * random_direction()
