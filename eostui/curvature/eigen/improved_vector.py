"""One product that says how good an eigenvector still is, and makes a better one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from eostui.curvature.inner_products import inner_products, norm
from eostui.curvature.linear_operator import HasRoughProducts

CAUTION = 2
"""A vector is turned by no more than arctan(1/CAUTION) at a time."""


@dataclass(frozen=True)
class ImprovedVector:
    """What a product with a unit vector v gives.

    quotient: ρ = vᵀAv, a lower bound of λ₁ that is wrong by no more than the square of v's error. residual: ‖Av − ρv‖,
    and what products are wrong by, where that is more than rounding. vector: a better v, (size,), of length 1.
    """

    quotient: float
    residual: float
    vector: Tensor


def improved_vector(matrix: HasRoughProducts, v: Tensor) -> ImprovedVector | None:
    """The Rayleigh quotient of a unit vector v, (size,), and a better vector; None where the product is not finite.

    The product gives the residual r = Av − ρv as well, and with it a better vector for nothing,

        v ← v + r/(|ρ| + CAUTION·‖r‖),        made a unit vector.

    For a small r it is a step of power iteration, which leaves a bulk of eigenvalues about zero behind at once; the
    second term keeps it from running off to a negative eigenvalue of a larger size.
    """
    image = (matrix @ v[:, None])[:, 0]
    coarser = matrix.coarser()
    doubt = 0.0 if coarser is None else norm((coarser @ v[:, None])[:, 0] - image)
    quotient = inner_products(v[None], image[None])[0, 0]
    residual = image - quotient.to(v) * v
    rho, length = torch.stack([quotient, norm(residual) + doubt]).tolist()
    if not math.isfinite(length):
        return None
    better = normalize(v + residual / (abs(rho) + CAUTION * length), dim=0) if length > 0 else v
    return ImprovedVector(rho, length, better)
