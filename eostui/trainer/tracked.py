"""The instrument that follows the sharpness from one certified measurement to the next."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from eostui.config import RunConfig
from eostui.curvature.inner_products import inner_products, norm
from eostui.trainer.instruments import compared_table
from eostui.trainer.moment import Moment

CAUTION = 2
"""A vector is turned by no more than arctan(1/CAUTION) at a time."""


class TrackedSharpness:
    """The top eigenvalue of the matrix A that the threshold is for, at every step and for at most one product.

    Where the solver measured A at this step, it is what the solver says. Elsewhere it is the Rayleigh quotient
    ρ = vᵀAv of a unit vector v, a lower bound of λ₁ that is wrong by no more than the square of v's error. The product
    gives the residual r = Av − ρv as well, and with it a better vector for nothing,

        v ← v + r/(|ρ| + CAUTION·‖r‖),        made a unit vector.

    For a small r it is a step of power iteration, which leaves a bulk of eigenvalues about zero behind at once; the
    second term keeps it from running off to a negative eigenvalue of a larger size.

    What products are wrong by, where they are by more than rounding, is in the residual.

    Even and odd steps have a vector each. At the edge of stability the weights oscillate with a period of two steps,
    and the eigenvector with them: that of the step before is on the wrong side, that of two steps before on the right
    one. On small networks at the edge this more than halved the residuals.
    """

    def __init__(self, config: RunConfig) -> None:
        self._table = compared_table(config.training)
        self._vectors: list[Tensor] = []

    def measure(self, moment: Moment) -> Mapping[str, Any] | None:
        """One row; None before the first certified measurement, NaN where the product is not finite."""
        top = moment.spectra.get(self._table)
        if top is not None and top.step == moment.step:
            self._vectors = [top.pairs.vectors[:, 0]] * 2
            return {
                "sharpness": float(top.pairs.values[0]),
                "residual": float(top.pairs.residuals[0]),
                "certified": 1,
            }
        matrix = moment.preconditioned_hessian() if self._table == "preconditioned" else moment.hessian
        if not self._vectors or matrix is None:
            return None
        moment.report("following the sharpness", None)
        v = self._vectors[moment.step % 2]
        image = (matrix @ v[:, None])[:, 0]
        coarser = matrix.coarser()
        doubt = 0.0 if coarser is None else norm((coarser @ v[:, None])[:, 0] - image)
        quotient = inner_products(v[None], image[None])[0, 0]
        residual = image - quotient.to(v) * v
        rho, length = torch.stack([quotient, norm(residual) + doubt]).tolist()
        if not math.isfinite(length):
            return {"sharpness": math.nan, "residual": math.nan, "certified": 0}
        if length > 0:
            turned = v + residual / (abs(rho) + CAUTION * length)
            self._vectors[moment.step % 2] = normalize(turned, dim=0)
        return {"sharpness": rho, "residual": length, "certified": 0}


def tracked(config: RunConfig) -> TrackedSharpness:
    """The instrument behind the table `tracked`."""
    return TrackedSharpness(config)
