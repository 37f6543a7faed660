"""The largest eigenvalues of a symmetric matrix that is known by its products with vectors.

A generalised Davidson method without preconditioner (Morgan & Scott 1986, Stathopoulos & Saad 1998): the top Ritz
pairs (λ, x) of A on an orthonormal basis are followed, and the basis grows by the residual A x − λ x of the worst.

- Cold, from one random vector, the basis spans a Krylov space: this is thick-restart Lanczos in other words.
- Warm, from the vectors of the last measurement, each of them costs one product and seldom more than one again. No
  Krylov space contains them all, so Lanczos could use their sum only.

Both can overlook an eigenvector that is almost orthogonal to where they started, and small residuals would not show
it. So two more vectors are handed from measurement to measurement. The guard is the eigenvector after the k wanted
ones, which bounds the gap below λ_k and takes over when two eigenvalues cross. The scout looks for directions that
are in none of the others: one step of shifted power iteration per measurement, orthogonal to all that is followed.
Where nothing was handed on, several Lanczos steps at once do the scout's work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from eostui.curvature.ritz import Array, LinearOperator, RitzSubspace

SPARE = 16
"""The basis holds at most 2k + SPARE vectors."""

FRESH = 0.1
"""How much of a random direction is mixed into the scout, lest it settle for good."""

PROBES = 6
"""How many Lanczos steps from a random vector verify a result for which no guard was handed on."""

NEAR_FLOOR = 100
"""Residuals below so many times `RitzPairs.rounding` are near the floor of the dtype …"""

FLOOR_PATIENCE = 5
"""… where so many products without progress end the search."""


@dataclass(frozen=True)
class Progress:
    """How far a search is: its `products` so far, and the largest error ÷ |λ₁|, which is to reach `tolerance`."""

    products: int
    error: float
    tolerance: float


@dataclass(frozen=True)
class Eigenpairs:
    """The k largest (algebraic) eigenvalues of A, from the largest down, and their eigenvectors.

    values, residuals, errors: (k,) λ, ‖A v − λ v‖ (a true eigenvalue lies within it) and the estimated error of λ
    (`RitzPairs.errors`); NaN past the size of the matrix. vectors: (size, k) orthonormal, on the operator's device;
    (size, size) where k is larger. subspace: (size, k + 2) the vectors, the guard and the scout, as far as there is
    room for them: the `start` of the next measurement. products: how many were needed. converged: every error is at
    most tol·|λ₁|.
    """

    values: Array
    residuals: Array
    errors: Array
    vectors: Tensor
    subspace: Tensor
    products: int
    converged: bool


def top_eigenpairs(
    operator: LinearOperator,
    k: int,
    *,
    tol: float = 1e-3,
    start: Tensor | None = None,
    generator: torch.Generator | None = None,
    max_products: int = 500,
    on_product: Callable[[Progress], None] | None = None,
) -> Eigenpairs:
    """The k largest algebraic eigenvalues of `operator`, each with an estimated error of at most tol·|λ₁|.

    `start` (size, any) holds vectors of a slightly different matrix, best the last `Eigenpairs.subspace`. With no
    more than k columns there is no guard in it, and the result is verified by PROBES products more, again as long as
    they change it. `generator` gives the random directions.

    The search ends converged, or unconverged at the floor of the dtype or after about `max_products`. `on_product` is
    called after every product (once for all starting vectors) and may raise to abandon the search. Memory:
    2·(2k + SPARE) vectors. The host waits for the device twice a product, for O(k) numbers each.

    Raises ValueError for a k or max_products below 1 or a start of another size, NonFiniteProduct for a product
    with NaN or infinite entries.
    """
    if k < 1 or max_products < 1:
        raise ValueError(f"k and max_products must be at least 1, not {k} and {max_products}")
    if start is None:
        start = torch.empty(operator.size, 0)
    if start.ndim != 2 or len(start) != operator.size:
        raise ValueError(f"start must have shape ({operator.size}, any), not {tuple(start.shape)}")
    start = start.to(operator.device, operator.dtype)
    wanted = min(k, operator.size)

    def random_direction() -> Tensor:
        device = generator.device if generator is not None else operator.device
        shape = (1, operator.size)
        return normalize(torch.randn(shape, dtype=operator.dtype, device=device, generator=generator)).to(start)

    followed, scout = start[:, : wanted + 1].T, start[:, wanted + 1 : wanted + 2].sum(dim=1)
    directions = torch.cat([followed, FRESH * random_direction() + scout])
    subspace = RitzSubspace(operator, capacity=min(2 * wanted + SPARE, operator.size))
    subspace.grow(directions[: operator.size])
    scout, scouted = subspace.last_vector(), subspace.last_image()

    guarded = start.shape[1] > wanted
    verified, probes_left = np.full(wanted, np.inf), 0
    best, best_at = np.inf, 0
    while True:
        ritz = subspace.ritz_pairs(wanted + 1)
        values, errors = ritz.values[:wanted], ritz.errors()[:wanted]
        # A basis still smaller than what is wanted has no error yet.
        worst = float(errors.max()) if len(errors) == wanted else np.inf
        allowed = tol * abs(values[0])
        if on_product is not None:
            on_product(Progress(subspace.products, worst / abs(values[0] or 1.0), tol))
        if subspace.count == operator.size or subspace.products >= max_products:
            break

        if worst < 0.9 * best:
            best, best_at = worst, subspace.products
        near_floor = ritz.residuals[:wanted].max() <= NEAR_FLOOR * ritz.rounding
        patience = FLOOR_PATIENCE if near_floor else subspace.capacity
        stalled = np.isfinite(worst) and subspace.products - best_at >= patience
        if probes_left:
            # The random part matters only where the image lies in the span of the basis.
            direction = normalize(subspace.last_image()) + 1e-3 * random_direction()
            probes_left -= 1
        elif worst <= allowed or stalled:
            if guarded or np.abs(values - verified).max() <= max(allowed, worst):
                break
            direction = random_direction()
            verified, probes_left = values, PROBES - 1
            best, best_at = np.inf, subspace.products + PROBES
        else:
            target = int(np.argmax(errors))
            direction = ritz.residual_vectors[target : target + 1]
            if ritz.residuals[target] <= ritz.rounding:
                direction = random_direction()  # rounding errors lead nowhere
        subspace.grow(direction)

    vectors = subspace.vectors(ritz)
    # Shifted by the lowest eigenvalue, so that the power iteration is drawn to the highest end, not the largest size.
    scout = scouted - min(ritz.lowest, 0.0) * scout
    for _ in range(2):
        scout = normalize(scout - (scout @ vectors.T) @ vectors)

    def padded(array: Array) -> Array:
        return np.pad(array, (0, k - len(array)), constant_values=np.nan)

    return Eigenpairs(
        values=padded(values),
        residuals=padded(ritz.residuals[:wanted]),
        errors=padded(errors),
        vectors=vectors[:wanted].T,
        subspace=torch.cat([vectors, scout]).T[:, : operator.size],
        products=subspace.products,
        converged=bool(worst <= allowed),
    )
