"""Dense matrices in the place of curvature operators."""

from __future__ import annotations

import torch
from torch import Tensor


class Dense:
    """A symmetric matrix with the interface of an operator, which counts its products."""

    def __init__(self, matrix: Tensor) -> None:
        self.matrix = matrix
        self.size = len(matrix)
        self.dtype = matrix.dtype
        self.device = matrix.device
        self.products = 0

    def __matmul__(self, v: Tensor) -> Tensor:
        self.products += v.shape[1]
        return self.matrix @ v


def with_eigenvalues(eigenvalues: Tensor, *, seed: int = 0) -> Tensor:
    """A float64 matrix with these eigenvalues and random eigenvectors."""
    gaussian = torch.randn(len(eigenvalues), len(eigenvalues), dtype=torch.float64, generator=seeded(seed))
    basis: Tensor = torch.linalg.qr(gaussian).Q
    return (basis * eigenvalues.double()) @ basis.T


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
