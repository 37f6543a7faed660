"""What all instruments of the largest eigenvalues share: a search that goes on between measurements, and its row."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from eostui.instruments.base.instrument import Instrument, State
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import Work
from eostui.store import Line
from eostui.store.events import Checked, ProductsReported

if TYPE_CHECKING:
    from torch import Tensor

    from eostui.curvature.eigen.eigensolver import Eigenpairs
    from eostui.curvature.eigen.search import SearchProgress
    from eostui.curvature.linear_operator import HasRoughProducts
    from eostui.instruments.base.found import Found
    from eostui.instruments.base.point import Point
    from eostui.instruments.base.rough_trials import RoughTrials
    from eostui.instruments.base.say import Say

FLOW_LINES = tuple(
    Line(
        "eigenvalues",
        label,
        ink,
        brief=label.removesuffix(" flow"),
        table=table,
        first_only=True,
        sparse=True,
        meaning=f"; {label}, the λ1 of that",
    )
    for table, label, ink in (("gradient_flow", "gradient flow", "third"), ("central_flow", "central flow", "second"))
)
"""The flows beside a run, in the chart of the eigenvalue that its threshold is for."""

FIRST_PRODUCTS = 17
"""Products that the first measurement takes for each eigenvalue, about: 13 to 20 on fc networks on digits."""
MOST_FOLLOWED = 10
"""How many eigenvalues are followed at most, unless `--eigs` asks for more."""


def most_followed(k: int) -> int:
    """How many eigenvalues are followed at most, if the `k` largest are wanted."""
    return max(k, MOST_FOLLOWED)


def work_of(k: int) -> Work:
    """The cost of the `k` largest eigenvalues, measured along runs on fc and cnn networks (benchmarks/curvature)."""
    return Work(products=3 * k + 2, blocks=2 * k + 1, graphs=1)


class Eigenvalues(Instrument):
    """The largest algebraic eigenvalues of a matrix.

    The first `--eigs` of them go into its table. For the matrix that the threshold is for, all eigenvalues above
    `--eig-above` times the threshold are measured, and the instrument `followed` records them.
    """

    label: ClassVar[str]
    """The name of the measured matrix in the progress line."""

    @classmethod
    def work(cls, scope: Scope) -> Work:
        return work_of(scope.measuring.eigs)

    @abstractmethod
    def matrix(self, point: Point) -> AbstractContextManager[HasRoughProducts] | None:
        """The matrix at a point; None where it does not exist yet."""

    def __init__(self, scope: Scope) -> None:
        from eostui.curvature.eigen.trajectory import TrajectorySpectrum
        from eostui.instruments.base.rough_trials import RoughTrials

        self._table = self.table(scope).name
        self._count = self._wanted(scope)
        share = scope.measuring.eig_above if scope.follows and self._table == scope.matrix else None
        self._share = math.inf if share is None else share
        self._search = TrajectorySpectrum(
            self._count,
            at_most=self._count if share is None else most_followed(self._count),
            tol=scope.measuring.eig_tol,
            seed=scope.seed,
            frugal=scope.measuring.frugal,
        )
        self.trials = RoughTrials() if scope.measuring.search_dtype == "auto" else None
        """The trials of rough products; None where the settings ask for exact products."""
        self.would_compile = False
        """Whether compiled products would be accurate enough for the search, and can be made."""
        self._said_where = False
        self._about = FIRST_PRODUCTS * self._count
        """How many products a measurement takes, about: as many as the one before."""

    @classmethod
    def _wanted(cls, scope: Scope) -> int:
        return scope.measuring.eigs

    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any]:
        """Eigenvalues, residuals and error estimates, (k,) each, and the number of products.

        The row is NaN where the curvature is not finite, as on the way to a divergence, and where the matrix does not
        exist yet.
        """
        from eostui.curvature.linear_operator import NonFiniteProduct

        say.progress(f"measuring the {self.label}")
        matrix = self.matrix(point)
        if matrix is None:
            return self._nothing()
        try:
            with matrix as operator:
                pairs = self._pairs(operator, point, say)
        except NonFiniteProduct:
            self._say_where(point, say)
            return self._nothing()
        if point.products.doubt:
            doubt = point.products.doubt * abs(pairs.values[0])
            pairs = replace(pairs, residuals=pairs.residuals + doubt, errors=pairs.errors + doubt)
        found.add(self._table, point.step, pairs)
        return {
            "eigenvalues": pairs.values[: self._count],
            "residuals": pairs.residuals[: self._count],
            "errors": pairs.errors[: self._count],
            "products": pairs.products,
            "certified": int(point.products.certified),
        }

    def _pairs(self, operator: HasRoughProducts, point: Point, say: Say) -> Eigenpairs:
        """Search, and report rough products that were tried afterwards."""

        def progress(progress: SearchProgress) -> None:
            done, about = progress.products, self._about
            end, fraction = (f" of ≈ {about}", done / about) if done <= about else ("", None)
            say.progress(f"measuring the {self.label}: product {done}{end}", fraction)

        here = point.hessian.gradient()
        pairs = self._search.measure(
            operator,
            step=point.step,
            loss=float(here.loss),
            gradient=here.gradient,
            above=self._share * point.threshold.value,
            search_with=point.search_with.get(self.name),
            on_product=progress,
        )
        self._about = pairs.products
        if self.trials is not None:
            self._try_rough_products(self.trials, operator, pairs.vectors[:, 0], say)
        return pairs

    def _try_rough_products(self, trials: RoughTrials, operator: HasRoughProducts, v: Tensor, say: Say) -> None:
        """Try the rough products that are due, with v (size,), and report them."""
        for trial in trials.after_measurement(operator, v):
            searched = "float32" if trials.best is None else trials.best.kind
            say.event(ProductsReported(f"{self.label}: searched in {searched}; {trial}", self._table, searched))
            self.would_compile = self.would_compile or (trials.accurate(trial) and operator.compilable)

    def state_dict(self) -> State:
        return {
            "search": self._search.state_dict(),
            "trials": None if self.trials is None else self.trials.state_dict(),
            "would_compile": self.would_compile,
            "said_where": self._said_where,
        }

    def load_state_dict(self, state: State) -> None:
        self._search.load_state_dict(state["search"])
        if self.trials is not None and state["trials"] is not None:
            self.trials.load_state_dict(state["trials"])
        self.would_compile, self._said_where = state["would_compile"], state["said_where"]

    def _say_where(self, point: Point, say: Say) -> None:
        """Report once which part of the curvature is not finite, where loss and gradient are finite."""
        from eostui.curvature.checks.not_finite import where_not_finite

        here = point.hessian.gradient()
        if not self._said_where and bool(here.loss.isfinite()) and bool(here.gradient.isfinite().all()):
            self._said_where = True
            where = where_not_finite(point.curvature, point.theta)
            say.event(Checked(f"{self.label}: {where}", self._table))

    def _nothing(self) -> Mapping[str, Any]:
        unknown = np.full(self._count, np.nan)
        return {"eigenvalues": unknown, "residuals": unknown, "errors": unknown, "products": 0, "certified": 0}
