"""Instruments for the extreme eigenvalues of a curvature matrix: Hessian, Gauss-Newton, preconditioned Hessian."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from eostui.config import RunConfig
from eostui.curvature.checks.not_finite import where_not_finite
from eostui.curvature.eigen.rough_products import RoughTrial
from eostui.curvature.eigen.search import Progress
from eostui.curvature.eigen.trajectory import TrajectorySpectrum
from eostui.curvature.estimates.loss_curvature import loss_curvature
from eostui.curvature.linear_operator import HasRoughProducts, NonFiniteProduct
from eostui.curvature.operators.gauss_newton import GaussNewtonOperator
from eostui.curvature.operators.jacobian_gram import JacobianGramOperator
from eostui.curvature.operators.negated import Negated
from eostui.dynamics.thresholds import stability_threshold
from eostui.store import Table, eigenvalue_table
from eostui.trainer import tables
from eostui.trainer.instruments import INSTRUMENTS, compared_table, follows
from eostui.trainer.moment import Measured, Moment
from eostui.trainer.rough_trials import RoughTrials

OperatorAt = Callable[[Moment], AbstractContextManager[HasRoughProducts] | None]
"""The matrix at a moment; None where there is none yet."""


class Spectrum:
    """The largest algebraic eigenvalues, from one measurement to the next.

    `table` is where the first `--eigs` go, `label` what they are called on the screen. Of the matrix that the threshold
    is for, all above `--eig-above` times the threshold are measured; the table `followed` takes them.
    """

    def __init__(self, table: Table, label: str, operator_at: OperatorAt, config: RunConfig) -> None:
        self._table = table.name
        self._label = label
        self._operator_at = operator_at
        self._said_where = False
        self._count = config.eigs
        share = config.eig_above if follows(config) and table.name == compared_table(config) else None
        self._share = math.inf if share is None else share
        self._trajectory = TrajectorySpectrum(
            config.eigs,
            at_most=config.eigs if share is None else tables.most_followed(config.eigs),
            tol=config.eig_tol,
            seed=config.seed,
            frugal=config.graph_memory == 0,
        )
        self._trials = RoughTrials() if config.search_dtype == "auto" else None

    def measure(self, moment: Moment) -> Mapping[str, Any]:
        """Eigenvalues, residuals and error estimates, (k,) each, and the number of products.

        Weights at which the curvature is not finite, as on the way to a divergence, and a matrix that is not there
        yet give a row of NaN.
        """

        def progress(progress: Progress) -> None:
            moment.report(f"measuring the {self._label}: product {progress.products}", None)

        moment.report(f"measuring the {self._label}", None)
        matrix = self._operator_at(moment)
        if matrix is None:
            return self._nothing()
        here, new_trials = moment.hessian.gradient(), list[RoughTrial]()
        try:
            with matrix as operator:
                compilable = operator.compilable
                pairs = self._trajectory.measure(
                    operator,
                    step=moment.step,
                    loss=float(here.loss),
                    gradient=here.gradient,
                    above=self._share * stability_threshold(moment.optimizer).value,
                    search_with=None if self._trials is None else self._trials.best,
                    on_product=progress,
                )
                if self._trials is not None:
                    new_trials = self._trials.after_measurement(operator, pairs.vectors[:, 0])
        except NonFiniteProduct:
            self._say_where(moment)
            return self._nothing()
        if self._trials is not None:
            self._tell_of(new_trials, self._trials, moment, compilable=compilable)
        if moment.products.doubt:
            doubt = moment.products.doubt * abs(pairs.values[0])
            pairs = replace(pairs, residuals=pairs.residuals + doubt, errors=pairs.errors + doubt)
        moment.spectra[self._table] = Measured(moment.step, pairs)
        return {
            "eigenvalues": pairs.values[: self._count],
            "residuals": pairs.residuals[: self._count],
            "errors": pairs.errors[: self._count],
            "products": pairs.products,
            "certified": int(moment.products.certified),
        }

    def _tell_of(self, new: list[RoughTrial], trials: RoughTrials, moment: Moment, *, compilable: bool) -> None:
        """An event for each new trial; where rough products are accurate, compiled ones may be worth having."""
        for trial in new:
            searched = "float32" if trials.best is None else trials.best.kind
            text = f"{self._label}: searched in {searched}; {trial}"
            moment.note("products", {"text": text, "table": self._table, "searched": searched})
            if trials.accurate(trial) and compilable:
                moment.compile_products()

    def _say_where(self, moment: Moment) -> None:
        """Once, and where training goes on as if nothing were wrong: what of the curvature is not finite."""
        here = moment.hessian.gradient()
        if not self._said_where and bool(torch.isfinite(here.loss)) and bool(torch.isfinite(here.gradient).all()):
            self._said_where = True
            where = where_not_finite(moment.curvature, moment.theta)
            moment.note("check", {"text": f"{self._label}: {where}", "table": self._table})

    def _nothing(self) -> Mapping[str, Any]:
        unknown = np.full(self._count, np.nan)
        return {"eigenvalues": unknown, "residuals": unknown, "errors": unknown, "products": 0, "certified": 0}


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
            "certified": row["certified"],
        }


class JacobianGram:
    """The spectrum of the Jacobian Gram matrix, and how much curvature the loss adds to it."""

    def __init__(self, config: RunConfig) -> None:
        self._seed = config.seed
        self._generator: torch.Generator | None = None
        self._spectrum = Spectrum(
            INSTRUMENTS["jacobian-gram"].table(config),
            "Jacobian Gram matrix",
            lambda moment: moment.of_outputs(JacobianGramOperator),
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

    def operator_at(moment: Moment) -> AbstractContextManager[HasRoughProducts] | None:
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
        lambda moment: moment.of_outputs(GaussNewtonOperator),
        config,
    )


def jacobian_gram(config: RunConfig) -> JacobianGram:
    """The instrument behind the table `jacobian_gram`."""
    return JacobianGram(config)
