"""The covariance of an oscillation at the edge, from a semidefinite complementarity problem."""

from __future__ import annotations

import numpy as np

from eostui.curvature.eigen.ritz import Array

MOST_ITERATIONS = 20_000
TOLERANCE = 1e-10
"""Largest change of X in an iteration, relative to X."""


def covariance(a: Array, b: Array) -> Array:
    """The symmetric X (k, k) with X ⪰ 0, A + B[X] ⪰ 0 and ⟨X, A + B[X]⟩ = 0.

    a: A, (k, k), symmetric. b: B, (k, k, k, k), (B[X])ᵢⱼ = Σₖₗ Bᵢⱼₖₗ Xₖₗ, symmetric and positive on symmetric X. X then
    minimises ½⟨X, B[X]⟩ + ⟨A, X⟩ over X ⪰ 0 (Cohen et al. 2024, arXiv 2410.24206). For k = 1, X = max(0, −A/B). Larger
    ones take projected gradients with Nesterov's momentum, restarted where the objective rises.
    """
    k = len(a)
    if k == 1:
        slope = float(b.item())
        return np.array([[max(0.0, -float(a.item()) / slope) if slope > 0 else 0.0]])
    flat = b.reshape(k * k, k * k)
    steepest = float(np.linalg.eigvalsh((flat + flat.T) / 2)[-1])
    if steepest <= 0:
        return np.zeros((k, k))
    x = ahead = np.zeros((k, k))
    momentum = 1.0
    for _ in range(MOST_ITERATIONS):
        slope_ahead = a + np.einsum("ijkl,kl->ij", b, ahead)
        following = _positive_part(ahead - slope_ahead / steepest)
        change = following - x
        if np.sum(slope_ahead * change) > 0:  # the momentum leads uphill
            momentum = 1.0
        grown = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = following + (momentum - 1) / grown * change
        x, momentum = following, grown
        left = max(float(np.linalg.norm(change)), float(np.linalg.norm(ahead - x)))
        if left <= TOLERANCE * float(np.linalg.norm(x)):
            break
    return x


def _positive_part(x: Array) -> Array:
    """The nearest positive semidefinite matrix to a symmetric one."""
    values, vectors = np.linalg.eigh((x + x.T) / 2)
    positive: Array = (vectors * np.maximum(values, 0.0)) @ vectors.T
    return positive
