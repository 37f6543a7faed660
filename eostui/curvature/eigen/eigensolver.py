"""The largest eigenvalues of a symmetric matrix that is known by its products with vectors.

A block Davidson method without preconditioner (Morgan & Scott 1986, Stathopoulos & Saad 1998): the top Ritz pairs
(λ, x) of A on an orthonormal basis are followed, and the basis grows by the residual A x − λ x of the worst.

- Cold, from one vector, the basis spans a Krylov space: this is thick-restart Lanczos in other words.
- Warm, from the vectors of the last measurement, each of them costs one product and seldom more than one again. No
  Krylov space contains them all, so Lanczos could use their sum only.

Small residuals do not show that an eigenvector was overlooked that is almost orthogonal to where the search started,
and at the edge of stability, where many eigenvalues crowd at the threshold and cross, that is no rare thing. Hence

- guards: the eigenvectors after the wanted ones are followed, too. They bound the gap, and take over at a crossing. The
  first is refined as long as its value and residual leave room for an eigenvalue above a wanted one: a mixture of many
  eigenvectors has a low value, and may hold one that has risen to the top;
- the gradient is among the starting vectors: what training is about to amplify is in it;
- verification, where there are no guards yet and whenever it is asked for: Lanczos steps from a random vector, as long
  as they change the result.

All of them are counted in `products`.

Where products of lower precision are cheaper, the search is made with them, and its result confirmed: the Ritz vectors
that are found are as good as exact ones up to the noise of the products, and the Rayleigh quotients of the matrix
itself on them are wrong by the square of that. Only where this leaves an error above the tolerance the search goes on
with exact products. Values, residuals and errors are always those of exact products.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from eostui.curvature.eigen.ritz import Array, RitzPairs, RitzSubspace, RitzVectors, errors_beside
from eostui.curvature.linear_operator import LinearOperator, NonFiniteProduct

ROWS, SPARE = 3, 17
"""A search for m pairs keeps at most ROWS m + SPARE vectors, where memory is no concern, …"""

FRUGAL_ROWS, FRUGAL_SPARE = 4, 6
"""… and where it is, so many: with fewer a restart would lose the guards."""

MIXED_IN = 0.1
"""How much of a random direction is mixed into the gradient where the search starts from nothing else."""

RESOLUTION = 0.01
"""No error is said to be below this part of the tolerance: closer eigenvalues may not have been told apart, …"""

FRUGAL_RESOLUTION = 0.5
"""… nor below this part of it in a frugal search, in which the guards that bound the gaps are known less well."""

CROWDED = 0.75
"""From this part of the last wanted eigenvalue on a guard is so close that it gets a second one behind it."""

NEARLY = 0.95
"""Eigenvectors that reach this part of `above` are handed on, for the case that they cross it."""

ROUGH = 0.01
"""A guard is known well enough, to tell what may hide in it, at a residual of this part of the last wanted value."""

ROOM = 5
"""So many residuals above its value there may be an eigenvalue that a twenty-fifth of a guard belongs to.

A mixture s u + c y of two eigenvectors, s² + c² = 1, has the value λ_u − c² Δ and the residual s c Δ, Δ being the
distance of the two eigenvalues: λ_u is c/s residuals above its value.
"""

PROBES = 6
"""How many Lanczos steps from a random vector verify a result."""

NEAR_FLOOR = 100
"""Residuals below so many times `RitzPairs.rounding` are near the floor of the dtype …"""

FLOOR_PATIENCE = 5
"""… where so many products without progress end the search."""

SCOUTED = 2 / 3
"""To this part of the tolerance a search with rough products goes, so that exact ones seldom have to go on with it."""


@dataclass(frozen=True)
class Progress:
    """How far a search is: its `products` so far, and the largest error ÷ |λ₁|, which is to reach `tolerance`."""

    products: int
    error: float
    tolerance: float


@dataclass(frozen=True)
class Eigenpairs:
    """The largest (algebraic) eigenvalues of A, from the largest down, and their eigenvectors.

    values, residuals, errors: (m,) λ, ‖A v − λ v‖ (a true eigenvalue lies within it) and the estimated error of λ
    (`RitzPairs.errors`); NaN past the size of the matrix. vectors: (size, m) orthonormal, on the operator's device
    ((size, size) where m is larger), each with the sign of the nearest of the vectors that the search started from.
    subspace: (size, m + 1 or more) the vectors, the guards and what is nearly followed, as far as there is room:
    the `start` of the next measurement.
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


def top_eigenpairs(
    operator: LinearOperator,
    k: int,
    *,
    above: float = np.inf,
    at_most: int | None = None,
    tol: float = 1e-3,
    start: Tensor | None = None,
    gradient: Tensor | None = None,
    verify: bool = False,
    rough: RoughOperator | None = None,
    noise: float = 0.0,
    frugal: bool = False,
    generator: torch.Generator | None = None,
    max_products: int = 500,
    on_product: Callable[[Progress], None] | None = None,
) -> Eigenpairs:
    """The m largest algebraic eigenvalues of `operator`, each with an estimated error of at most tol·|λ₁|.

    m is k, or as many as lie above `above`, but no more than `at_most` (default k). `start` (size, any) holds vectors
    of a slightly different matrix, best the last `Eigenpairs.subspace`; with no more than k columns there is no guard
    in it. `gradient` (size,) is a direction in which something may be going on. The result is verified where no guard
    was handed on, and where `verify` is set. A warm search is made with `rough`, where that is given. `noise` says how
    wrong products with `operator` itself are, relative to |λ₁|: a residual cannot be told from zero below it, and it is
    not in the errors. `generator` gives the random directions.

    The search ends converged, or unconverged at the floor of the dtype or after about `max_products`. `on_product` is
    called after every product (once for all starting vectors) and may raise to abandon the search. Memory:
    ROWS·m + SPARE vectors, of which only as many are in use as the search takes products and started from; a `frugal`
    search restarts more often and has FRUGAL_ROWS·m + FRUGAL_SPARE at most. The host waits for the device about three
    times a product, for O(m) numbers each.

    Raises ValueError for a k or max_products below 1 or a start or gradient of another size, NonFiniteProduct for a
    product with NaN or infinite entries.
    """
    if k < 1 or max_products < 1:
        raise ValueError(f"k and max_products must be at least 1, not {k} and {max_products}")
    if start is None:
        start = torch.empty(operator.size, 0)
    if start.ndim != 2 or len(start) != operator.size:
        raise ValueError(f"start must have shape ({operator.size}, any), not {tuple(start.shape)}")
    if gradient is not None and gradient.shape != (operator.size,):
        raise ValueError(f"gradient must have shape ({operator.size},), not {tuple(gradient.shape)}")
    start = start.to(operator.device, operator.dtype)
    least, most = min(k, operator.size), min(max(k, at_most or k), operator.size)

    def random_direction() -> Tensor:
        device = generator.device if generator is not None else operator.device
        shape = (1, operator.size)
        return normalize(torch.randn(shape, dtype=operator.dtype, device=device, generator=generator)).to(
            operator.device
        )

    followed = start[:, : most + 2].T
    if gradient is not None and len(followed):
        directions = torch.cat([followed, normalize(gradient.to(start)[None])])
    elif gradient is not None:
        directions = normalize(gradient.to(start)[None]) + MIXED_IN * random_direction()
    else:
        directions = followed if len(followed) else random_direction()
    search = _Search(least, most, above, tol, frugal, random_direction, max_products, on_product)
    capacity, directions = most_vectors(most, frugal=frugal), directions[: operator.size]
    guards = 0 if verify else min(start.shape[1], most + 2)
    scouted = None
    if rough is not None and len(followed):
        with suppress(NonFiniteProduct):  # which an exact product may well be
            scouting = RitzSubspace(rough.operator, capacity, passes=1)
            scouting.add(directions, signed=len(followed))
            scouted = search.run(scouting, guards=guards, noise=rough.noise)
            del scouting
    subspace = RitzSubspace(operator, capacity)
    if scouted is not None:
        found = search.confirm(subspace, scouted)
    else:
        subspace.add(directions, signed=len(followed))
        del start, followed, directions  # their memory may be needed
        found = search.run(subspace, guards=guards, noise=noise)

    def padded(array: Array) -> Array:
        return np.pad(array, (0, max(k - len(array), 0)), constant_values=np.nan)

    return Eigenpairs(
        values=padded(found.values),
        residuals=padded(found.residuals),
        errors=padded(found.errors),
        vectors=found.vectors[: len(found.values)].T,
        subspace=found.vectors.T,
        products=search.products,
        converged=found.converged,
    )


def most_vectors(pairs: int, *, frugal: bool) -> int:
    """How many vectors a search for so many pairs keeps at most."""
    usual = ROWS * pairs + SPARE
    return min(FRUGAL_ROWS * pairs + FRUGAL_SPARE, usual) if frugal else usual


@dataclass(frozen=True)
class _Found:
    """The wanted pairs, (m,) each, and as rows their vectors, with those of the guards after them.

    guards: what is known of those, after a search with rough products.
    """

    values: Array
    residuals: Array
    errors: Array
    vectors: Tensor
    converged: bool
    guards: RitzVectors | None = None


@dataclass
class _Search:
    """The search for `least` to `most` pairs, those above `above`; the other fields are those of `top_eigenpairs`."""

    least: int
    most: int
    above: float
    tol: float
    frugal: bool
    random_direction: Callable[[], Tensor]
    max_products: int
    on_product: Callable[[Progress], None] | None
    products: int = 0

    def run(self, subspace: RitzSubspace, *, guards: int, noise: float = 0.0) -> _Found:
        """Take in what `subspace` was given, of which `guards` vectors followed wanted pairs and those after them.

        A residual of `noise` of |λ₁| is as small as it can be.
        """
        tol = SCOUTED * self.tol if noise else self.tol
        least_error = (FRUGAL_RESOLUTION if self.frugal else RESOLUTION) * tol
        verified, probes_left = np.full(self.least, np.inf), 0
        best, best_at = np.inf, 0
        while True:
            self.products += subspace.take_in()
            wanted, handed_on = self._wanted(subspace.ritz_values())
            ritz = subspace.ritz_pairs(handed_on)
            values, residuals, scale = ritz.values[:wanted], ritz.residuals[:wanted], abs(ritz.values[0])
            errors = np.maximum(ritz.errors()[:wanted], least_error * scale)
            # A basis that has no more vectors than are wanted knows no errors yet.
            known = len(ritz.values) > wanted or subspace.count == subspace.operator.size
            unsettled = np.where(residuals <= noise * scale, 0.0, errors)
            worst = float(unsettled.max()) if known else np.inf
            self._report(worst / (scale or 1.0))
            if subspace.count == subspace.operator.size or self.products >= self.max_products:
                break

            if worst < 0.9 * best:
                best, best_at = worst, self.products
            near_floor = residuals.max() <= NEAR_FLOOR * ritz.rounding
            patience = FLOOR_PATIENCE if near_floor else subspace.capacity
            stalled = np.isfinite(worst) and self.products - best_at >= patience
            if probes_left:
                weights = subspace.step()
                probes_left -= 1
            elif worst <= tol * scale or stalled:
                unchanged = len(verified) == wanted and np.abs(values - verified).max() <= max(tol * scale, worst)
                limit = min(self.above, values[-1]) if wanted < self.most else values[-1]
                if _may_hide_one(limit, ritz, wanted, max(tol, 2 * noise) * scale) and not stalled:
                    weights = ritz.outside[:, wanted]
                elif guards > wanted or unchanged:
                    break
                else:
                    weights = np.zeros(0)
                    verified, probes_left = values, PROBES - 1
                    best, best_at = np.inf, self.products + PROBES
            else:
                weights = ritz.outside[:, int(np.argmax(unsettled))]
            if np.linalg.norm(weights) > ritz.rounding:
                subspace.lead(weights)
            else:
                subspace.add(self.random_direction())  # rounding errors lead nowhere
        converged = bool(worst <= tol * scale)
        if not noise:
            return _Found(values, residuals, errors, subspace.vectors(ritz), converged)
        found = subspace.written_out(ritz)
        return _Found(values, residuals, errors, found.vectors, converged, guards=found.after(wanted))

    def confirm(self, subspace: RitzSubspace, scouted: _Found) -> _Found:
        """The same pairs by exact products, from what a search with rough ones has found."""
        wanted, vectors = len(scouted.values), scouted.vectors
        subspace.add(vectors[:wanted], signed=wanted)
        self.products += subspace.take_in()
        ritz = subspace.ritz_pairs(wanted)
        found, scale = subspace.written_out(ritz), abs(ritz.values[0])
        # Rough values are as wrong as those of the wanted pairs have turned out to be. Where a search was cut short
        # there may be no guards, and then nothing bounds an error but the residual.
        wrong = float(np.abs(ritz.values - scouted.values).max())
        guards = scouted.guards
        if guards is not None and len(guards.values):
            errors = errors_beside(found, replace(guards, values=guards.values + wrong), ritz.rounding)
        else:
            errors = ritz.residuals
        errors = np.maximum(errors, RESOLUTION * self.tol * scale)
        self._report(float(errors.max()) / (scale or 1.0))
        if errors.max() > self.tol * scale:
            if len(vectors) > wanted:
                subspace.add(vectors[wanted:], signed=len(vectors) - wanted)
            return self.run(subspace, guards=len(vectors))
        wanted = max(self.least, int(np.sum(ritz.values > self.above)))
        confirmed = torch.cat([found.vectors, vectors[len(ritz.values) :]])
        return _Found(ritz.values[:wanted], ritz.residuals[:wanted], errors[:wanted], confirmed, converged=True)

    def _wanted(self, ritz_values: Array) -> tuple[int, int]:
        """How many pairs are wanted, and how many are followed, guards included."""
        wanted = min(max(self.least, int(np.sum(ritz_values > self.above))), self.most)
        handed_on = min(max(wanted, int(np.sum(ritz_values > NEARLY * self.above))), self.most) + 1
        if len(ritz_values) > handed_on and ritz_values[handed_on - 1] > CROWDED * abs(ritz_values[wanted - 1]):
            handed_on += 1
        return wanted, handed_on

    def _report(self, error: float) -> None:
        if self.on_product is not None:
            self.on_product(Progress(self.products, error, self.tol))


def _may_hide_one(limit: float, ritz: RitzPairs, wanted: int, least: float) -> bool:
    """Whether the first guard, of which little is known yet, may have an eigenvalue above `limit` in it."""
    if len(ritz.values) <= wanted:
        return False
    guard, residual = ritz.values[wanted], ritz.residuals[wanted]
    return bool(guard + ROOM * residual > limit and residual > max(ROUGH * abs(ritz.values[wanted - 1]), least))
