"""Instruments for the curvature along the gradient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eostui.config import RunConfig
from eostui.curvature.estimates.directional import directional_curvature, largest_smoothness
from eostui.trainer.moment import Moment


class Directional:
    """gᵀHg/gᵀg, with g and H of the examples that curvature is measured on."""

    def measure(self, moment: Moment) -> Mapping[str, Any]:
        """One row; NaN where the gradient is zero."""
        moment.report("measuring the curvature along the gradient", None)
        return {"curvature": float(directional_curvature(moment.hessian))}


class EffectiveSmoothness:
    """How fast the gradient of those examples changes along a step of η, with the η of the next update."""

    def measure(self, moment: Moment) -> Mapping[str, Any]:
        """One row; NaN where the gradient is zero."""
        moment.report("measuring the effective smoothness", None)
        return {"smoothness": float(largest_smoothness(moment.hessian, moment.lr))}


def directional(config: RunConfig) -> Directional:
    """The instrument behind the table `directional`; the same for every config."""
    return Directional()


def effective_smoothness(config: RunConfig) -> EffectiveSmoothness:
    """The instrument behind the table `effective_smoothness`; the same for every config."""
    return EffectiveSmoothness()
