"""Instruments for the extreme eigenvalues of a curvature matrix: Hessian, Gauss-Newton, preconditioned Hessian."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from eostui.config import RunConfig
from eostui.curvature.eigensolver import Progress, top_eigenpairs
from eostui.curvature.gauss_newton import GaussNewtonOperator
from eostui.curvature.jacobian_gram import JacobianGramOperator
from eostui.curvature.loss_curvature import loss_curvature
from eostui.curvature.modes import Modes
from eostui.curvature.negated import Negated
from eostui.curvature.ritz import LinearOperator, NonFiniteProduct
from eostui.curvature.thresholds import stability_threshold
from eostui.store import Table, eigenvalue_table
from eostui.trainer import tables
from eostui.trainer.instruments import INSTRUMENTS, is_followed
from eostui.trainer.moment import Measured, Moment

VERIFIED_EVERY = 20
"""Measurements from one that looks for overlooked eigenvectors to the next …"""
JUMP = 2.0
"""… unless the loss has changed by this factor in between."""

OperatorAt = Callable[[Moment], AbstractContextManager[LinearOperator] | None]
"""The matrix at a moment; None where there is none yet."""


class Spectrum:
    """The largest algebraic eigenvalues, each measurement started from the last one's subspace and the gradient.

    At even and odd steps it is the last one of such a step: at the edge of stability the weights oscillate with a
    period of two steps, and the eigenvectors with them.

    `table` is where they go, `label` what they are called on the screen. Of the matrix that the threshold is for, those
    above `--eig-above` times the threshold are followed beyond the first `--eigs`, as far as the table has columns.
    """

    def __init__(self, table: Table, label: str, operator_at: OperatorAt, config: RunConfig) -> None:
        self._table = table.name
        self._label = label
        self._operator_at = operator_at
        self._count = config.eigs
        self._width = next(column.width or 1 for column in table.columns if column.name == "eigenvalues")
        self._share = config.eig_above if is_followed(config, table.name) else math.inf
        self._tolerance = config.eig_tol
        self._seed = config.seed
        self._generator: torch.Generator | None = None
        self._subspaces: dict[int, Tensor] = {}
        self._modes = Modes()
        self._unverified = 0
        self._loss = math.nan

    def measure(self, moment: Moment) -> Mapping[str, Any]:
        """Eigenvalues, residuals, error estimates and numbers of the modes, (width,) each, and the number of products.

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
        here = moment.hessian.gradient()
        phase = moment.step % 2
        try:
            with matrix as operator:
                pairs = top_eigenpairs(
                    operator,
                    self._count,
                    above=self._share * stability_threshold(moment.optimizer).value,
                    at_most=self._width,
                    tol=self._tolerance,
                    start=self._subspaces.get(phase, self._subspaces.get(1 - phase)),
                    gradient=here.gradient,
                    verify=self._is_to_be_verified(float(here.loss)),
                    generator=self._generator,
                    on_product=progress,
                )
        except NonFiniteProduct:
            self._subspaces.clear()
            return self._nothing()
        self._subspaces[phase] = pairs.subspace
        moment.spectra[self._table] = Measured(moment.step, pairs)
        return {
            "eigenvalues": self._padded(pairs.values, math.nan),
            "residuals": self._padded(pairs.residuals, math.nan),
            "errors": self._padded(pairs.errors, math.nan),
            "modes": self._padded(self._modes.number(pairs.vectors), -1),
            "products": pairs.products,
        }

    def _is_to_be_verified(self, loss: float) -> bool:
        """Now and then, and after a jump of the loss, which may have brought any eigenvector to the top."""
        jumped = not 1 / JUMP < loss / self._loss < JUMP if self._loss else True
        due = self._unverified >= VERIFIED_EVERY or jumped
        self._unverified = 0 if due else self._unverified + 1
        self._loss = loss
        return due

    def _padded(self, values: NDArray[Any], nothing: float) -> NDArray[Any]:
        return np.pad(values, (0, self._width - len(values)), constant_values=nothing)

    def _nothing(self) -> Mapping[str, Any]:
        none: NDArray[Any] = np.empty(0)
        unknown = self._padded(none, math.nan)
        return {
            "eigenvalues": unknown,
            "residuals": unknown,
            "errors": unknown,
            "modes": self._padded(none.astype(np.int64), -1),
            "products": 0,
        }


class LowestEigenvalue:
    """The most negative eigenvalue of the Hessian: the largest of −H, with its sign turned."""

    def __init__(self, config: RunConfig) -> None:
        one = eigenvalue_table(tables.LOWEST.name, tables.LOWEST.description, 1)
        self._spectrum = Spectrum(
            one, "lowest eigenvalue", lambda moment: nullcontext(Negated(moment.hessian)), config.replace(eigs=1)
        )

    def measure(self, moment: Moment) -> Mapping[str, Any]:
        """Eigenvalue, residual, error estimate and products."""
        row = self._spectrum.measure(moment)
        return {
            "eigenvalue": -row["eigenvalues"][0],
            "residual": row["residuals"][0],
            "error": row["errors"][0],
            "products": row["products"],
        }


class JacobianGram:
    """The spectrum of the Jacobian Gram matrix, and how much curvature the loss adds to it."""

    def __init__(self, config: RunConfig) -> None:
        self._seed = config.seed
        self._generator: torch.Generator | None = None
        self._spectrum = Spectrum(
            INSTRUMENTS["jacobian-gram"].table(config),
            "Jacobian Gram matrix",
            lambda moment: JacobianGramOperator(moment.curvature, moment.theta, graph_bytes=moment.hessian.graph_bytes),
            config,
        )

    def measure(self, moment: Moment) -> Mapping[str, Any]:
        """What `Spectrum` measures, and the mean trace of the loss's second derivative by the outputs."""
        if self._generator is None:
            self._generator = torch.Generator(moment.theta.device).manual_seed(self._seed)
        row = self._spectrum.measure(moment)
        added = loss_curvature(moment.curvature, moment.theta, generator=self._generator)
        return {**row, "loss_curvature": float(added)}


def hessian(config: RunConfig) -> Spectrum:
    """The instrument behind the table `hessian`; its first eigenvalue is the sharpness."""
    table = INSTRUMENTS["hessian"].table(config)
    return Spectrum(table, "Hessian", lambda moment: nullcontext(moment.hessian), config)


def preconditioned(config: RunConfig) -> Spectrum:
    """The instrument behind the table `preconditioned`; NaN before the first update, which makes the first P.

    The eigenvectors handed from one measurement to the next are those of P^(-1/2) H P^(-1/2).
    """

    def operator_at(moment: Moment) -> AbstractContextManager[LinearOperator] | None:
        operator = moment.preconditioned_hessian()
        return None if operator is None else nullcontext(operator)

    return Spectrum(INSTRUMENTS["preconditioned"].table(config), "preconditioned Hessian", operator_at, config)


def lowest(config: RunConfig) -> LowestEigenvalue:
    """The instrument behind the table `lowest`."""
    return LowestEigenvalue(config)


def gauss_newton(config: RunConfig) -> Spectrum:
    """The instrument behind the table `gauss_newton`."""
    table = INSTRUMENTS["gauss-newton"].table(config)
    return Spectrum(
        table,
        "Gauss-Newton matrix",
        lambda moment: GaussNewtonOperator(moment.curvature, moment.theta, graph_bytes=moment.hessian.graph_bytes),
        config,
    )


def jacobian_gram(config: RunConfig) -> JacobianGram:
    """The instrument behind the table `jacobian_gram`."""
    return JacobianGram(config)
