"""How all eigenvalues of the loss Hessian are distributed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eostui.instruments.base.instrument import Instrument, State
from eostui.instruments.base.random_numbers import RandomNumbers
from eostui.instruments.base.scope import Scope
from eostui.instruments.base.work import Work
from eostui.store import STEP, Column, DensityChart, Table

if TYPE_CHECKING:
    from eostui.instruments.base.found import Found
    from eostui.instruments.base.point import Point
    from eostui.instruments.base.say import Say

PROBES = 2
"""Number of random vectors that the density is averaged over."""
LANCZOS_STEPS = 30
"""Lanczos steps from each of these vectors."""
NODES = PROBES * LANCZOS_STEPS
"""Number of quadrature nodes in a row."""


class SpectralDensity(Instrument):
    """The density by stochastic Lanczos quadrature (Ghorbani et al. 2019), with new probes at every measurement."""

    name = "spectral-density"
    summary = "the distribution of all eigenvalues of the loss Hessian (stochastic Lanczos quadrature)"

    @classmethod
    def table(cls, scope: Scope) -> Table:
        return Table(
            "spectral_density",
            "distribution of all eigenvalues of the Hessian by stochastic Lanczos quadrature (Ghorbani et al. 2019): "
            "the mean of f(λ) over all eigenvalues is about the sum of weights·f(nodes)",
            (
                STEP,
                Column("nodes", "where the quadrature puts eigenvalues, ascending", width=NODES),
                Column("weights", "share of all eigenvalues at each node; they add up to 1", width=NODES),
            ),
        ).with_charts(
            DensityChart(
                "spectral-density",
                "Spectral density",
                "all eigenvalues λ of H by stochastic Lanczos quadrature: the fuller the shade, the larger their share "
                "there, in log",
                "nodes",
                "weights",
                compared_with="hessian",
            )
        )

    @classmethod
    def work(cls, scope: Scope) -> Work:
        return Work(products=NODES, blocks=LANCZOS_STEPS)

    def __init__(self, scope: Scope) -> None:
        self._random = RandomNumbers(scope.seed)

    def measure(self, point: Point, found: Found, say: Say) -> Mapping[str, Any]:
        """Nodes and weights, (NODES,) each; all NaN where a product is not finite."""
        from eostui.curvature.estimates.spectral_density import lanczos_quadrature
        from eostui.curvature.linear_operator import NonFiniteProduct

        def progress(products: int) -> None:
            say.progress("measuring the spectral density", products / NODES)

        random = self._random.on("cpu")
        try:
            density = lanczos_quadrature(
                point.hessian, probes=PROBES, steps=LANCZOS_STEPS, generator=random, on_product=progress
            )
        except NonFiniteProduct:
            return {"nodes": [math.nan] * NODES, "weights": [math.nan] * NODES}
        return {"nodes": density.nodes, "weights": density.weights}

    def state_dict(self) -> State:
        return {"random": self._random.state_dict()}

    def load_state_dict(self, state: State) -> None:
        self._random.load_state_dict(state["random"])
