"""A growing orthonormal basis, its images under a symmetric matrix, and the Ritz pairs they give."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from eostui.curvature.inner_products import inner_products, norm

Array = NDArray[np.float64]

MARGIN = 2.0
"""How many times the estimate is what an error is said to be: it is an estimate."""

ROUNDING = 10
"""How many units of the dtype's rounding a product with the matrix is taken to be wrong by."""


class LinearOperator(Protocol):
    """A symmetric matrix A (size, size): `A @ v` takes and gives (size, b)."""

    @property
    def size(self) -> int: ...
    @property
    def dtype(self) -> torch.dtype: ...
    @property
    def device(self) -> torch.device: ...
    def __matmul__(self, v: Tensor, /) -> Tensor: ...


class NonFiniteProduct(ArithmeticError):
    """A product with the matrix has entries that are NaN or infinite."""


@dataclass(frozen=True)
class RitzPairs:
    """Approximate eigenpairs (λ, x) of A, from the largest value down.

    values, residuals: (q,) λ and ‖A x − λ x‖. coordinates: (count, q) x in terms of the basis. residual_vectors:
    (q, size) r = A x − λ x, and gram: (q, q) their products rᵢᵀrⱼ.
    rounding: how far rounding may move a value, ROUNDING units at ‖A‖ as far as the basis has seen it.
    """

    values: Array
    residuals: Array
    coordinates: Array
    residual_vectors: Tensor
    gram: Array
    rounding: float

    def after(self, first: int) -> RitzPairs:
        """Without the `first` of them."""
        return replace(
            self,
            values=self.values[first:],
            residuals=self.residuals[first:],
            coordinates=self.coordinates[:, first:],
            residual_vectors=self.residual_vectors[first:],
            gram=self.gram[first:, first:],
        )

    def errors(self) -> Array:
        """Estimated errors of the values, (q,), never below rounding.

        The last pair has nothing below it that would bound its error but its residual: use one more than is wanted.
        """
        return np.maximum(_errors(self.values, self.residuals, self.gram), self.rounding)

    def errors_beside(self, others: RitzPairs, vectors: Tensor) -> Array:
        """Estimated errors of the values, (q,), where the next eigenvectors are known less well.

        `others` are the pairs that follow, orthogonal to these, with the Ritz vectors `vectors` (p, size). What a
        residual has along those vectors is told from what it has elsewhere, where the gap is larger.
        """
        coupling = _on_host(inner_products(self.residual_vectors, vectors))
        elsewhere = self.residual_vectors - torch.as_tensor(coupling).to(vectors) @ vectors
        residual_vectors = torch.cat([elsewhere, others.residual_vectors])
        projected = np.block([[np.diag(self.values), coupling], [coupling.T, np.diag(others.values)]])
        values, turned = (array[..., ::-1] for array in np.linalg.eigh(projected))
        gram = turned.T @ _on_host(inner_products(residual_vectors, residual_vectors)) @ turned
        residuals = np.sqrt(np.diag(gram).clip(min=0.0))
        errors = values - np.append(self.values, others.values) + _errors(values, residuals, gram)
        bounded: Array = np.minimum(errors[: len(self.values)], self.residuals)
        return np.maximum(bounded, self.rounding)


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
            raised = np.diag(values[:first]) + gram[:first, :first] / gaps[i]
            errors[i] = min(errors[i], MARGIN * (np.linalg.eigvalsh(raised)[first - 1 - i] - values[i]))
    return errors


class RitzSubspace:
    """An orthonormal basis V, kept beside its images A V, with at most `capacity` vectors (rows) of each.

    The projected matrix VᵀAV is float64 on the host.
    """

    def __init__(self, operator: LinearOperator, capacity: int) -> None:
        self.operator = operator
        self.capacity = capacity
        self.count = 0
        self.products = 0
        self._basis = torch.empty(capacity, operator.size, dtype=operator.dtype, device=operator.device)
        self._images = torch.empty_like(self._basis)
        self._projected = np.zeros((capacity, capacity))

    def grow(self, directions: Tensor, *, passes: int = 2) -> None:
        """Add `directions` (b, size), made orthonormal, at one product each; restarts a full basis first.

        A single direction must not lie in the span of the basis. Two passes of Gram-Schmidt are enough for any (Kahan,
        Parlett), one for what is orthogonal already but for rounding. Raises NonFiniteProduct where a product is.
        """
        if self.count + len(directions) > self.capacity:
            self._restart()
        old, new = self.count, self.count + len(directions)
        if len(directions) > 1:
            directions = torch.linalg.qr(directions.T).Q.T  # completes dependent directions to independent ones
        for row, direction in enumerate(directions, start=old):
            basis = self._basis[:row]
            for _ in range(passes):
                direction = torch.addmv(direction, basis.T, basis @ direction, alpha=-1)
                direction = direction / norm(direction)
            self._basis[row] = direction
        self._images[old:new] = (self.operator @ self._basis[old:new].T).T
        self.count = new
        self.products += len(directions)
        columns = _on_host(inner_products(self._basis[:new], self._images[old:new]))
        if not np.isfinite(columns).all():
            raise NonFiniteProduct(f"product {self.products} with the matrix is not finite: has training diverged?")
        self._projected[:new, old:new] = columns
        self._projected[old:new, :old] = columns[:old].T

    def last_image(self) -> Tensor:
        """A copy (1, size) of A v for the vector v added last: the direction of the next Lanczos step."""
        return self._images[self.count - 1 : self.count].clone()

    def ritz_values(self) -> Array:
        """All Ritz values, from the largest down."""
        return self._rayleigh_ritz()[0]

    def ritz_pairs(self, at_most: int) -> RitzPairs:
        """The largest Ritz pairs."""
        values, coordinates = self._rayleigh_ritz()
        largest = float(np.abs(values).max())
        values, coordinates = values[:at_most].copy(), coordinates[:, :at_most]
        residual_vectors = self._combine(self._images, coordinates)
        residual_vectors.addmm_(self._on_device(coordinates * values).T, self._basis[: self.count], alpha=-1)
        gram = _on_host(inner_products(residual_vectors, residual_vectors))
        residuals = np.sqrt(np.diag(gram).clip(min=0.0))
        rounding = ROUNDING * torch.finfo(self.operator.dtype).eps * largest
        return RitzPairs(values, residuals, coordinates, residual_vectors, gram, rounding)

    def vectors(self, pairs: RitzPairs) -> Tensor:
        """The Ritz vectors x as rows, (q, size), of pairs that were taken since the basis last changed."""
        return self._combine(self._basis, pairs.coordinates)

    def _restart(self) -> None:
        """Keep the upper half of the Ritz vectors only (thick restart, Wu & Simon 2000)."""
        values, coordinates = self._rayleigh_ritz()
        kept = self.capacity // 2
        self._basis[:kept] = self._combine(self._basis, coordinates[:, :kept])
        self._images[:kept] = self._combine(self._images, coordinates[:, :kept])
        self._projected[:kept, :kept] = np.diag(values[:kept])
        self.count = kept

    def _rayleigh_ritz(self) -> tuple[Array, Array]:
        projected = self._projected[: self.count, : self.count]
        values, coordinates = np.linalg.eigh((projected + projected.T) / 2)
        return values[::-1], coordinates[:, ::-1]

    def _combine(self, rows: Tensor, coordinates: Array) -> Tensor:
        return self._on_device(coordinates).T @ rows[: self.count]

    def _on_device(self, array: Array) -> Tensor:
        # torch takes no negative strides, which the descending order of the eigenvalues has left.
        return torch.as_tensor(array.copy(), dtype=self.operator.dtype, device=self.operator.device)


def _on_host(values: Tensor) -> Array:
    return np.asarray(values.cpu().double().numpy())
