"""Instruments for the largest eigenvalues of a curvature matrix: Hessian and Gauss-Newton."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from eostui.config import RunConfig
from eostui.curvature.eigensolver import Progress, top_eigenpairs
from eostui.curvature.gauss_newton import GaussNewtonOperator
from eostui.curvature.hessian import HessianOperator
from eostui.curvature.ritz import NonFiniteProduct
from eostui.trainer.moment import Moment


class Spectrum:
    """The k largest algebraic eigenvalues, each measurement started from the last one's subspace."""

    def __init__(
        self, label: str, operator: type[HessianOperator] | type[GaussNewtonOperator], config: RunConfig
    ) -> None:
        self._label = label
        self._operator = operator
        self._count = config.eigs
        self._tolerance = config.eig_tol
        self._seed = config.seed
        self._generator: torch.Generator | None = None
        self._subspace: Tensor | None = None

    def measure(self, moment: Moment) -> Mapping[str, Any]:
        """Eigenvalues, residuals and error estimates, (k,) each, and the number of products.

        Weights at which the curvature is not finite, as on the way to a divergence, give a row of NaN.
        """
        if self._generator is None:
            self._generator = torch.Generator(moment.theta.device).manual_seed(self._seed)

        def progress(progress: Progress) -> None:
            moment.report(f"measuring the {self._label}: product {progress.products}", None)

        moment.report(f"measuring the {self._label}", None)
        try:
            with self._operator(moment.curvature, moment.theta) as operator:
                pairs = top_eigenpairs(
                    operator,
                    self._count,
                    tol=self._tolerance,
                    start=self._subspace,
                    generator=self._generator,
                    on_product=progress,
                )
        except NonFiniteProduct:
            self._subspace = None
            unknown = [math.nan] * self._count
            return {"eigenvalues": unknown, "residuals": unknown, "errors": unknown, "products": 0}
        self._subspace = pairs.subspace
        return {
            "eigenvalues": pairs.values,
            "residuals": pairs.residuals,
            "errors": pairs.errors,
            "products": pairs.products,
        }


def hessian(config: RunConfig) -> Spectrum:
    """The instrument behind the table `hessian`; its first eigenvalue is the sharpness."""
    return Spectrum("Hessian", HessianOperator, config)


def gauss_newton(config: RunConfig) -> Spectrum:
    """The instrument behind the table `gauss_newton`."""
    return Spectrum("Gauss-Newton matrix", GaussNewtonOperator, config)
