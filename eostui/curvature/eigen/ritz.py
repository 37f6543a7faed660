"""A growing orthonormal basis, its images under a symmetric matrix, and the Ritz pairs that these give."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from eostui.curvature.inner_products import inner_products, norm
from eostui.curvature.linear_operator import LinearOperator, NonFiniteProduct

Array = NDArray[np.float64]

MARGIN = 3.0
"""A reported error is this many times the estimate of `_errors`, which the gap in it may make too small.

It was raised from 2, together with `Tuning.guard_room`, when two claimed errors were broken along one hard run.
"""

ROUNDING = 10
"""A product with the matrix is taken to be wrong by this many units of the dtype's rounding at ‖A‖.

No error is claimed below that. It is a round number above the few units that a long sum in pieces loses.
"""

DEPENDENT = 100
"""A unit vector is taken to lie in a span if no more than this many units of rounding of it are outside.

Of a smaller rest only noise would be left. A larger number would throw away directions that are still new.
"""

CANCELLED = 0.7
"""A second pass of Gram-Schmidt follows where the first leaves less than this fraction of what it took away.

A smaller fraction saves passes over the basis, and leaves more rounding errors along the basis in the rest.
"""

COLUMNS = 1 << 18
"""A restart turns this many entries of every vector at a time.

To turn all entries at once would take the memory of as many vectors again; short pieces would take more time.
"""


@dataclass(frozen=True)
class RitzPairs:
    """Approximate eigenpairs (λ, x) of A, from the largest value down.

    values: (q,) λ. coordinates: (count, q) x in terms of the basis. outside: (p, q) the residuals A x − λ x in terms of
    the vectors P of `RitzSubspace`, which are orthogonal to the basis. rounding: how far rounding may move a value:
    ROUNDING units at ‖A‖, or at the largest |λ| that the basis has.
    """

    values: Array
    coordinates: Array
    outside: Array
    rounding: float

    @cached_property
    def residuals(self) -> Array:
        """‖A x − λ x‖, (q,)."""
        return np.asarray(np.linalg.norm(self.outside, axis=0))

    def errors(self) -> Array:
        """Estimated errors of the values, (q,), never below rounding.

        Only its residual bounds the error of the last pair, because no pair follows it: take one more than is wanted.
        """
        gram = self.outside.T @ self.outside
        return np.maximum(_errors(self.values, self.residuals, gram), self.rounding)


@dataclass(frozen=True)
class RitzVectors:
    """Ritz pairs as they are written out: values (q,) λ, vectors (q, size) x, residual_vectors (q, size) A x − λ x."""

    values: Array
    vectors: Tensor
    residual_vectors: Tensor

    def after(self, first: int) -> RitzVectors:
        """Without the `first` of them."""
        return RitzVectors(self.values[first:], self.vectors[first:], self.residual_vectors[first:])


def errors_beside(pairs: RitzVectors, others: RitzVectors, rounding: float) -> Array:
    """Estimated errors of the values of `pairs`, (q,), where the next eigenvectors are known less well.

    `others` are the pairs that follow, orthogonal to these. The part of a residual along their vectors is treated apart
    from the rest of it, for which the gap is larger.
    """
    # C = RᵀY: the part of the residuals R of `pairs` along the vectors Y of `others`.
    coupling = _on_host(inner_products(pairs.residual_vectors, others.vectors))
    # R − YCᵀ: the rest of them.
    elsewhere = pairs.residual_vectors - torch.as_tensor(coupling).to(others.vectors) @ others.vectors
    residual_vectors = torch.cat([elsewhere, others.residual_vectors])
    # A on the span of both is [[Λ, C], [Cᵀ, M]]; its eigenvectors turn the residuals along.
    projected = np.block([[np.diag(pairs.values), coupling], [coupling.T, np.diag(others.values)]])
    values, turned = (array[..., ::-1] for array in np.linalg.eigh(projected))
    gram = turned.T @ _on_host(inner_products(residual_vectors, residual_vectors)) @ turned
    residuals = np.sqrt(np.diag(gram).clip(min=0.0))
    # How far the turn has raised each value, and how far what is outside of the span may raise it further.
    errors = values - np.append(pairs.values, others.values) + _errors(values, residuals, gram)
    bounds = norm(pairs.residual_vectors).cpu().double().numpy()
    bounded: Array = np.minimum(errors[: len(pairs.values)], bounds)
    return np.maximum(bounded, rounding)


def _errors(values: Array, residuals: Array, gram: Array) -> Array:
    """How far the rest of A could raise each of the Ritz values, (q,).

    In the basis of the first c Ritz vectors X and of all that is orthogonal to them, A is [[Λ, Rᵀ], [R, B]], with Λ the
    Ritz values and R the residuals. Where the eigenvalues of B are at most μ, the i-th eigenvalue of A is at most the
    i-th of Λ + RᵀR/(λᵢ − μ), to second order in R: for c = 1 that is ‖r‖²/gap (Parlett 1998, §10 and 11), and close
    eigenvalues within the first c do no harm. μ is taken to be the next Ritz value, which may be too low: hence
    MARGIN times that. c is whatever bounds λᵢ best, and ‖rᵢ‖ what remains where nothing does.
    """
    errors = residuals.copy()
    for first in range(1, len(values)):
        gaps = values[:first] - values[first]
        for i in np.flatnonzero(gaps > 0):
            # Λ + RᵀR/(λᵢ − μ), of the first Ritz pairs.
            raised = np.diag(values[:first]) + gram[:first, :first] / gaps[i]
            errors[i] = min(errors[i], MARGIN * (np.linalg.eigvalsh(raised)[first - 1 - i] - values[i]))
    return errors


class RitzSubspace:
    """An orthonormal basis V (count, size) and what A makes of it, by a Krylov-Schur decomposition (Stewart 2001):

        A Vᵀ = Vᵀ T + Pᵀ B,   P (p, size) orthonormal and orthogonal to V.

    The images A Vᵀ are therefore not kept. p is the number of vectors that the basis was started from: each further
    vector of the basis is taken from P, and its image adds one vector to P. V and P are the rows of one array, V first,
    with `capacity` rows at most. T and B are float64 on the host. Where much cancels, two `passes` of Gram-Schmidt make
    a vector orthogonal up to rounding (Kahan, Parlett); one pass is enough where products are wrong by more than that.
    """

    def __init__(self, operator: LinearOperator, capacity: int, *, passes: int = 2) -> None:
        self.operator = operator
        self._passes = passes
        self.capacity = min(capacity, operator.size)
        self.count = 0
        self.products = 0
        self._outside = 0  # p
        self._chosen = 0  # how many of the first vectors of P `take_in` moves to the basis
        self._rows = torch.empty(self.capacity, operator.size, dtype=operator.dtype, device=operator.device)
        self._projected = np.zeros((self.capacity, self.capacity))  # T
        self._coupling = np.zeros((self.capacity, self.capacity))  # B
        self._signed = np.zeros((self.capacity, 0))  # V times the vectors that give the signs

    def add(self, directions: Tensor, *, signed: int = 0) -> None:
        """Choose for `take_in` the part of `directions` (b, size) that V and P do not span; a full basis restarts.

        If they span all of it, the first vector of P is chosen. Ritz vectors get the signs of the first `signed`
        directions: see `vectors`.
        """
        self._make_room(2 * len(directions))
        before = self._outside
        for direction in directions:
            if self.count + self._outside < self.capacity:
                self._append(direction)
        added = self._outside - before
        first = self.count + added
        if before and added:
            # The new vectors move to the front of P, from which `take_in` takes the next of the basis.
            fresh = self._rows[self.count + before : first + before].clone()
            for row in reversed(range(before)):
                self._rows[first + row] = self._rows[self.count + row]
            self._rows[self.count : first] = fresh
            self._coupling[: self._outside] = np.roll(self._coupling[: self._outside], added, axis=0)
        if signed:
            overlaps = np.zeros((self.capacity, signed))
            overlaps[:first] = _on_host(inner_products(self._rows[:first], directions[:signed]))
            self._signed = np.hstack([self._signed, overlaps])
        self._chosen = added or min(1, self._outside)

    def lead(self, weights: Array) -> None:
        """Choose the combination of P with these weights (p,), not all zero, for `take_in`; restarts as `add`."""
        self._make_room(1)
        weights = weights / np.linalg.norm(weights)
        # Householder's reflection I − 2mmᵀ turns this combination into the first row of P.
        mirror = weights.copy()
        mirror[0] += 1.0 if weights[0] >= 0 else -1.0
        mirror /= np.linalg.norm(mirror)
        outside = self._rows[self.count : self.count + self._outside]
        on_device = self._on_device(mirror)
        outside.addr_(on_device, on_device @ outside, alpha=-2)
        coupling = self._coupling[: self._outside]
        coupling -= 2 * np.outer(mirror, mirror @ coupling)
        self._chosen = 1

    def take_in(self) -> int:
        """Move the vectors that were chosen last from P to the basis; returns the number of products, one for each.

        Raises NonFiniteProduct where one of them is not finite.
        """
        added, self._chosen = self._chosen, 0
        if not added:
            return 0
        old, new = self.count, self.count + added
        images = (self.operator @ self._rows[old:new].T).T
        self.products += added
        self._projected[old:new, :old] = self._coupling[:added, :old]
        self._outside -= added
        self._coupling[: self._outside, :old] = self._coupling[added : added + self._outside, :old]
        self.count = new
        for column, image in enumerate(images, start=old):
            rows = self._rows[: new + self._outside]
            inside, left = self._orthogonalize(image, rows)
            if not np.isfinite(left):
                raise NonFiniteProduct(f"product {self.products} with the matrix is not finite: has training diverged?")
            self._projected[:new, column] = inside[:new]
            self._coupling[: self._outside, column] = inside[new:]
            scale = float(np.hypot(np.linalg.norm(inside), left))
            if left > ROUNDING * torch.finfo(self.operator.dtype).eps * scale and len(rows) < self.operator.size:
                torch.div(image, left, out=self._rows[len(rows)])
                self._coupling[self._outside, : self.count] = 0.0
                self._coupling[self._outside, column] = left
                self._outside += 1
        return added

    def step(self) -> Array:
        """The weights (p,) in P of the image of the vector that was taken in last: the next direction of Lanczos."""
        return self._coupling[: self._outside, self.count - 1].copy()

    def ritz_values(self) -> Array:
        """All Ritz values, from the largest down."""
        return self._rayleigh_ritz()[0]

    def ritz_pairs(self, at_most: int) -> RitzPairs:
        """The largest Ritz pairs."""
        values, coordinates = self._rayleigh_ritz()
        largest = float(np.abs(values).max())
        rounding = ROUNDING * torch.finfo(self.operator.dtype).eps * largest
        coordinates = coordinates[:, :at_most]
        return RitzPairs(
            values[:at_most].copy(),
            coordinates,
            self._coupling[: self._outside, : self.count] @ coordinates,
            rounding,
        )

    def vectors(self, pairs: RitzPairs) -> Tensor:
        """The Ritz vectors x as rows, (q, size), of pairs that were taken since the basis last changed.

        Each points to the side on which the nearest of the `signed` vectors is.
        """
        return self._on_device(pairs.coordinates * self._signs(pairs)).T @ self._rows[: self.count]

    def written_out(self, pairs: RitzPairs) -> RitzVectors:
        """Those pairs with these vectors, and their residual vectors."""
        outside = self._rows[self.count : self.count + self._outside]
        residual_vectors = self._on_device(pairs.outside * self._signs(pairs)).T @ outside
        return RitzVectors(pairs.values, self.vectors(pairs), residual_vectors)

    def _signs(self, pairs: RitzPairs) -> Array:
        overlaps = pairs.coordinates.T @ self._signed[: self.count]
        if not overlaps.size:
            return np.ones(len(pairs.values))
        nearest = np.take_along_axis(overlaps, np.abs(overlaps).argmax(axis=1)[:, None], axis=1)[:, 0]
        return np.where(nearest < 0, -1.0, 1.0)

    def _append(self, direction: Tensor) -> None:
        """Add a direction to P, if the rows do not span it already."""
        direction = direction.clone()
        inside, left = self._orthogonalize(direction, self._rows[: self.count + self._outside])
        if left <= DEPENDENT * torch.finfo(self.operator.dtype).eps * np.hypot(np.linalg.norm(inside), left):
            return
        # A direction that is not finite is added as well: its product will raise.
        torch.div(direction, left, out=self._rows[self.count + self._outside])
        self._coupling[self._outside] = 0.0
        self._outside += 1

    def _orthogonalize(self, vector: Tensor, rows: Tensor) -> tuple[Array, float]:
        """Subtract from the vector its part in the span of the rows; returns its products with them, and its length."""
        products = np.zeros(len(rows))
        for _ in range(self._passes):
            along = inner_products(rows, vector[None])[:, 0]
            vector.addmv_(rows.T, along.to(rows), alpha=-1)
            *found, left = _on_host(torch.cat([along, norm(vector)[None]]))
            products += found
            if left > CANCELLED * np.linalg.norm(found):
                break
        return products, float(left)

    def _make_room(self, more: int) -> None:
        """Restart if fewer rows than that are free: keep the upper half of the Ritz vectors (Wu & Simon 2000)."""
        if self.count + self._outside + more <= self.capacity or self.capacity == self.operator.size:
            return
        room = self.capacity - self._outside
        kept = min(room // 2, room - more)
        coordinates = self._rayleigh_ritz()[1][:, :kept]
        turn = self._on_device(coordinates).T
        for piece in torch.split(self._rows, COLUMNS, dim=1):
            piece[:kept] = turn @ piece[: self.count]
        for row in range(self._outside):
            self._rows[kept + row] = self._rows[self.count + row]
        self._projected[:kept, :kept] = coordinates.T @ self._symmetric() @ coordinates
        self._coupling[: self._outside, :kept] = self._coupling[: self._outside, : self.count] @ coordinates
        self._signed = np.vstack([coordinates.T @ self._signed[: self.count], np.zeros_like(self._signed[kept:])])
        self.count = kept

    def _symmetric(self) -> Array:
        projected = self._projected[: self.count, : self.count]
        return (projected + projected.T) / 2

    def _rayleigh_ritz(self) -> tuple[Array, Array]:
        values, coordinates = np.linalg.eigh(self._symmetric())
        return values[::-1], coordinates[:, ::-1]

    def _on_device(self, array: Array) -> Tensor:
        # torch takes no negative strides, which the descending order of the eigenvalues has left.
        return torch.as_tensor(array.copy(), dtype=self.operator.dtype, device=self.operator.device)


def _on_host(values: Tensor) -> Array:
    return np.asarray(values.cpu().double().numpy())
