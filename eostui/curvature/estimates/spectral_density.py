"""How the eigenvalues of a symmetric matrix are distributed, known by its products with vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from eostui.curvature.eigen.ritz import Array
from eostui.curvature.estimates.trace import random_signs
from eostui.curvature.inner_products import norm
from eostui.curvature.linear_operator import LinearOperator, NonFiniteProduct

BREAKDOWN = 100
"""A Lanczos step is the last of its Krylov space if it leaves no more than this many units of rounding at ‖A‖."""


@dataclass(frozen=True)
class Quadrature:
    """A quadrature of the distribution of all eigenvalues λᵢ of A: (1/size) Σ f(λᵢ) ≈ Σ weights·f(nodes).

    nodes, weights: (probes·steps,), nodes ascending; the weights, none negative, add up to 1. Where the Krylov spaces
    were smaller than asked, the nodes that are left over are NaN, come last and have no weight.
    """

    nodes: Array
    weights: Array
    products: int


def lanczos_quadrature(
    operator: LinearOperator,
    *,
    probes: int,
    steps: int,
    generator: torch.Generator | None = None,
    on_product: Callable[[int], None] | None = None,
) -> Quadrature:
    """The spectral density of `operator` by stochastic Lanczos quadrature (Ubaru, Chen & Saad 2017; Ghorbani, Krishnan
    & Xiao 2019), with at most probes·steps products.

    From a unit vector v of random signs, `steps` steps of Lanczos with full reorthogonalisation give a tridiagonal T.
    With its eigenvalues θⱼ and the first components τⱼ of its eigenvectors, Σ τⱼ² p(θⱼ) = vᵀp(A)v for every polynomial
    of a degree up to 2·steps − 1, and the mean of that over v is tr p(A)/size.

    `on_product` is called before each product, with the number of those done, and may raise to abandon. Memory:
    `steps` vectors.

    Raises ValueError for less than one probe or step, and NonFiniteProduct where a product has NaN or infinite entries.
    """
    if probes < 1 or steps < 1:
        raise ValueError(f"probes and steps must be at least 1, not {probes} and {steps}")
    nodes, weights = np.full((probes, steps), np.nan), np.zeros((probes, steps))
    products = 0

    def on_step(step: int) -> None:
        if on_product is not None:
            on_product(products + step)

    for row in range(probes):
        start = random_signs((operator.size,), dtype=operator.dtype, device=operator.device, generator=generator)
        eigenvalues, vectors = np.linalg.eigh(_tridiagonal(operator, start, steps, on_step))
        found = len(eigenvalues)
        products += found
        nodes[row, :found] = eigenvalues
        weights[row, :found] = vectors[0] ** 2 / probes  # τⱼ², and the mean over the probes
    order = np.argsort(nodes, axis=None)  # which puts NaN last
    return Quadrature(nodes.ravel()[order], weights.ravel()[order], products)


def _tridiagonal(operator: LinearOperator, start: Tensor, steps: int, on_step: Callable[[int], None]) -> Array:
    """VᵀAV, (m, m), on the orthonormal basis V of the Krylov space of `start`; m is `steps`, or what the space has."""
    basis = torch.empty(min(steps, operator.size), operator.size, dtype=operator.dtype, device=operator.device)
    rounding = BREAKDOWN * torch.finfo(operator.dtype).eps
    projected = np.zeros((len(basis), len(basis)))
    vector = start / norm(start)
    for step in range(len(basis)):
        on_step(step)
        basis[step] = vector
        rest = (operator @ vector[:, None])[:, 0]
        quotient = vector @ rest
        known = basis[: step + 1]
        for _ in range(2):  # twice is enough (Kahan, Parlett)
            rest = torch.addmv(rest, known.T, known @ rest, alpha=-1)
        length = norm(rest)
        projected[step, step], coupling = torch.stack([quotient, length]).tolist()
        if not np.isfinite([projected[step, step], coupling]).all():
            raise NonFiniteProduct(f"Lanczos step {step + 1} is not finite: has training diverged?")
        if coupling <= rounding * np.abs(projected).max():
            return projected[: step + 1, : step + 1]
        if step + 1 < len(basis):
            projected[step, step + 1] = projected[step + 1, step] = coupling
            vector = rest / length
    return projected
