"""Instruments for the largest eigenvalues of a curvature matrix: Hessian, Gauss-Newton, preconditioned Hessian."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from eostui.config import RunConfig
from eostui.curvature.eigensolver import Progress, top_eigenpairs
from eostui.curvature.gauss_newton import GaussNewtonOperator
from eostui.curvature.jacobian_gram import JacobianGramOperator
from eostui.curvature.preconditioned_hessian import PreconditionedHessianOperator
from eostui.curvature.preconditioner import preconditioner
from eostui.curvature.ritz import LinearOperator, NonFiniteProduct
from eostui.curvature.thresholds import stability_threshold
from eostui.trainer.moment import Moment

OperatorAt = Callable[[Moment], AbstractContextManager[LinearOperator] | None]
"""The matrix at a moment; None where there is none yet."""


class Spectrum:
    """The k largest algebraic eigenvalues, each measurement started from the last one's subspace."""

    def __init__(self, label: str, operator_at: OperatorAt, config: RunConfig) -> None:
        self._label = label
        self._operator_at = operator_at
        self._count = config.eigs
        self._tolerance = config.eig_tol
        self._seed = config.seed
        self._generator: torch.Generator | None = None
        self._subspace: Tensor | None = None

    def measure(self, moment: Moment) -> Mapping[str, Any]:
        """Eigenvalues, residuals and error estimates, (k,) each, and the number of products.

        Weights at which the curvature is not finite, as on the way to a divergence, and a matrix that is not there
        yet give a row of NaN.
        """
        if self._generator is None:
            self._generator = torch.Generator(moment.theta.device).manual_seed(self._seed)

        def progress(progress: Progress) -> None:
            moment.report(f"measuring the {self._label}: product {progress.products}", None)

        moment.report(f"measuring the {self._label}", None)
        matrix = self._operator_at(moment)
        if matrix is None:
            return self._nothing()
        try:
            with matrix as operator:
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
            return self._nothing()
        self._subspace = pairs.subspace
        return {
            "eigenvalues": pairs.values,
            "residuals": pairs.residuals,
            "errors": pairs.errors,
            "products": pairs.products,
        }

    def _nothing(self) -> Mapping[str, Any]:
        unknown = [math.nan] * self._count
        return {"eigenvalues": unknown, "residuals": unknown, "errors": unknown, "products": 0}


def hessian(config: RunConfig) -> Spectrum:
    """The instrument behind the table `hessian`; its first eigenvalue is the sharpness."""
    return Spectrum("Hessian", lambda moment: nullcontext(moment.hessian), config)


def gauss_newton(config: RunConfig) -> Spectrum:
    """The instrument behind the table `gauss_newton`."""
    return Spectrum("Gauss-Newton matrix", lambda moment: GaussNewtonOperator(moment.curvature, moment.theta), config)


def jacobian_gram(config: RunConfig) -> Spectrum:
    """The instrument behind the table `jacobian_gram`."""
    return Spectrum("Jacobian Gram matrix", lambda moment: JacobianGramOperator(moment.curvature, moment.theta), config)


def preconditioned(config: RunConfig) -> Spectrum:
    """The instrument behind the table `preconditioned`; NaN before the first update, which makes the first P.

    The eigenvectors handed from one measurement to the next are those of P^(-1/2) H P^(-1/2).
    """

    def operator_at(moment: Moment) -> AbstractContextManager[LinearOperator] | None:
        p = preconditioner(moment.optimizer)
        if p is None:
            return None
        decay = stability_threshold(moment.optimizer).weight_decay
        return nullcontext(PreconditionedHessianOperator(moment.hessian, p, weight_decay=decay))

    return Spectrum("preconditioned Hessian", operator_at, config)
