"""The largest eigenvalues of P⁻¹H along a flow, with eigenvectors that are orthonormal in the metric of P."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from eostui.curvature.eigen.ritz import Array
from eostui.curvature.eigen.search import SearchProgress
from eostui.curvature.eigen.trajectory import TrajectorySpectrum
from eostui.curvature.linear_operator import HasRoughProducts
from eostui.curvature.operators.hessian import HessianOperator
from eostui.curvature.operators.preconditioned_hessian import PreconditionedHessianOperator
from eostui.objective.objective import Gradient


@dataclass(frozen=True)
class TopPairs:
    """values: λ₁ ≥ λ₂ ≥ … of P⁻¹H, (m,) float64. vectors: u, (size, m), with uᵀPu = 1. products: how many it took."""

    values: Array
    vectors: Tensor
    products: int


class TopSpectrum:
    """The largest eigenpairs at one point of a flow after the other, each search started from what is known already.

    They are all above `share` of the edge, up to `at_most`, but at least one. `tol` is that of a search.
    """

    def __init__(self, *, at_most: int, share: float, tol: float, seed: int = 0) -> None:
        self._share = share
        self._search = TrajectorySpectrum(1, at_most=at_most, tol=tol, seed=seed)

    def measure(
        self,
        hessian: HessianOperator,
        p: Tensor,
        *,
        edge: float,
        decay: float,
        here: Gradient,
        k: int = 1,
        on_product: Callable[[SearchProgress], None] | None = None,
    ) -> TopPairs:
        """The pairs of P⁻¹(H + wI), at least `k`, where p is P, (size,) or (), and w the coupled weight `decay`.

        Raises NonFiniteProduct where a product with H is not finite.
        """
        shared = p.numel() == 1
        above = self._share * edge
        operator: HasRoughProducts = hessian
        if shared:
            above = above * float(p) - decay
        else:
            operator = PreconditionedHessianOperator(hessian, p, weight_decay=decay)
        pairs = self._search.measure(
            operator,
            step=0,  # a flow does not oscillate: what one parity knows is right for the other
            loss=float(here.loss),
            gradient=here.gradient,
            above=above,
            k=k,
            on_product=on_product,
        )
        if shared:
            return TopPairs((pairs.values + decay) / float(p), pairs.vectors / p.sqrt(), pairs.products)
        return TopPairs(pairs.values, pairs.vectors * p.rsqrt()[:, None], pairs.products)

    def state_dict(self) -> dict[str, Any]:
        """What the next search depends on."""
        return self._search.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        self._search.load_state_dict(state)


def curvature_gradients(gradient_at: Callable[[Tensor], Tensor], here: Tensor, vectors: Tensor) -> Tensor:
    """Mᵢⱼ = ∇(uᵢᵀHuⱼ) with u fixed, (k, k, size), by differences of gradients: two for each i ≤ j.

    Args:
        gradient_at: ∇L(w + move), (size,), of a move (size,).
        here: ∇L(w), (size,).
        vectors: u, (size, k).

    [∇L(w+εu) + ∇L(w−εu) − 2∇L(w)]/ε² for unit vectors u. ε is 0.01 in float64, where that is off by 1e-5, and 0.03 in
    float32. Autograd takes more passes for it, and is wrong through some layers.
    """
    epsilon = 0.01 if here.dtype == torch.float64 else 0.03
    size, k = vectors.shape

    def along(a: Tensor) -> Tensor:
        length = torch.linalg.vector_norm(a)
        move = a * (epsilon / length)
        bent: Tensor = (gradient_at(move) + gradient_at(-move) - 2 * here) * (length / epsilon) ** 2
        return bent

    m = here.new_empty((k, k, size))
    for i in range(k):
        m[i, i] = along(vectors[:, i])
    for i in range(k):
        for j in range(i):
            m[i, j] = m[j, i] = (along(vectors[:, i] + vectors[:, j]) - m[i, i] - m[j, j]) / 2
    return m
