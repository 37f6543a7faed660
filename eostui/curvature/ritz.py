"""A growing orthonormal basis, its images under a symmetric matrix, and the Ritz pairs they give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]

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
    (q, size) A x − λ x. lowest: the smallest Ritz value of all.
    rounding: how far rounding may move a value, ROUNDING units at ‖A‖ as far as the basis has seen it.
    """

    values: Array
    residuals: Array
    coordinates: Array
    residual_vectors: Tensor
    lowest: float
    rounding: float

    def errors(self) -> Array:
        """Estimated errors of the values, (q,): min(‖r‖, ‖r‖²/gap), and never below rounding (Parlett 1998, §10).

        The gap of a value is its distance to the nearest other pair's interval [λ − ‖r‖, λ + ‖r‖], above or below.
        The last pair has no neighbour below it, so use one pair more than is wanted, the guard.
        """
        distances = np.abs(self.values[:, None] - self.values) - self.residuals
        np.fill_diagonal(distances, np.inf)
        gaps = distances.min(axis=1)
        # A gap below ‖r‖, or none at all, leaves ‖r‖; so does the infinite gap of a lone pair.
        separated = (gaps > self.residuals) & np.isfinite(gaps)
        quadratic = self.residuals**2 / np.where(separated, gaps, 1.0)
        return np.maximum(np.where(separated, quadratic, self.residuals), self.rounding)


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

    def grow(self, directions: Tensor) -> None:
        """Add `directions` (b, size), made orthonormal, at one product each; restarts a full basis first.

        A single direction must not lie in the span of the basis. Raises NonFiniteProduct where a product is.
        """
        if self.count + len(directions) > self.capacity:
            self._restart()
        old, new = self.count, self.count + len(directions)
        if len(directions) > 1:
            directions = torch.linalg.qr(directions.T).Q.T  # completes dependent directions to independent ones
        for row, direction in enumerate(directions, start=old):
            basis = self._basis[:row]
            for _ in range(2):  # twice is enough (Kahan, Parlett)
                direction = torch.addmv(direction, basis.T, basis @ direction, alpha=-1)
                direction = direction / torch.linalg.vector_norm(direction)
            self._basis[row] = direction
        self._images[old:new] = (self.operator @ self._basis[old:new].T).T
        self.count = new
        self.products += len(directions)
        columns = _on_host(self._basis[:new] @ self._images[old:new].T)
        if not np.isfinite(columns).all():
            raise NonFiniteProduct(f"product {self.products} with the matrix is not finite: has training diverged?")
        self._projected[:new, old:new] = columns
        self._projected[old:new, :old] = columns[:old].T

    def last_vector(self) -> Tensor:
        """A copy (1, size) of the vector v added last."""
        return self._basis[self.count - 1 : self.count].clone()

    def last_image(self) -> Tensor:
        """A copy (1, size) of A v for the vector v added last: the direction of the next Lanczos step."""
        return self._images[self.count - 1 : self.count].clone()

    def ritz_pairs(self, at_most: int) -> RitzPairs:
        """The largest Ritz pairs."""
        values, coordinates = self._rayleigh_ritz()
        lowest, norm = float(values[-1]), float(np.abs(values).max())
        values, coordinates = values[:at_most].copy(), coordinates[:, :at_most]
        images = self._combine(self._images, coordinates)
        residual_vectors = torch.addmm(
            images, self._on_device(coordinates * values).T, self._basis[: self.count], alpha=-1
        )
        residuals = _on_host(torch.linalg.vector_norm(residual_vectors, dim=1))
        rounding = ROUNDING * torch.finfo(self.operator.dtype).eps * norm
        return RitzPairs(values, residuals, coordinates, residual_vectors, lowest, rounding)

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
