"""Instruments for all eigenvalues of the Hessian at once: their sum, and how they are distributed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from eostui.config import RunConfig
from eostui.curvature.estimates.spectral_density import lanczos_quadrature
from eostui.curvature.estimates.trace import hutch_plus_plus
from eostui.curvature.linear_operator import NonFiniteProduct
from eostui.trainer.moment import Moment
from eostui.trainer.tables import NODES

TRACE_PRODUCTS = 30
"""What the trace may take, in products."""

PROBES = 2
"""How many random vectors the spectral density is of; each has NODES / PROBES steps of Lanczos."""


class Trace:
    """The trace by Hutch++, with new probes at every measurement."""

    def __init__(self, config: RunConfig) -> None:
        self._generator = torch.Generator().manual_seed(config.training.seed)

    def measure(self, moment: Moment) -> Mapping[str, Any]:
        """One row; NaN where a product is not finite, as on the way to a divergence."""
        moment.report("measuring the trace", None)
        try:
            found = hutch_plus_plus(moment.hessian, TRACE_PRODUCTS, generator=self._generator)
        except NonFiniteProduct:
            return {"trace": math.nan, "standard_error": math.nan, "products": 0}
        return {"trace": found.trace, "standard_error": found.standard_error, "products": found.products}


class SpectralDensity:
    """The spectral density by stochastic Lanczos quadrature, with new probes at every measurement."""

    def __init__(self, config: RunConfig) -> None:
        self._generator = torch.Generator().manual_seed(config.training.seed)

    def measure(self, moment: Moment) -> Mapping[str, Any]:
        """Nodes and weights, (NODES,) each; all NaN where a product is not finite."""

        def progress(products: int) -> None:
            moment.report("measuring the spectral density", products / NODES)

        steps = NODES // PROBES
        try:
            found = lanczos_quadrature(
                moment.hessian, probes=PROBES, steps=steps, generator=self._generator, on_product=progress
            )
        except NonFiniteProduct:
            return {"nodes": [math.nan] * NODES, "weights": [math.nan] * NODES}
        return {"nodes": found.nodes, "weights": found.weights}


def trace(config: RunConfig) -> Trace:
    """The instrument behind the table `trace`."""
    return Trace(config)


def spectral_density(config: RunConfig) -> SpectralDensity:
    """The instrument behind the table `spectral_density`."""
    return SpectralDensity(config)
