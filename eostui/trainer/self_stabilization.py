"""The instrument for self-stabilization."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from eostui.config import RunConfig
from eostui.curvature.estimates.self_stabilization import Stabilization, stabilization
from eostui.trainer.moment import Moment


class SelfStabilization:
    """α, β, δ, the period and ‖∇S‖, with the top eigenvector of the Hessian measured at the same step."""

    def measure(self, moment: Moment) -> Mapping[str, Any]:
        """One row; of NaN where the Hessian was not finite, and so has no eigenvector."""
        top = moment.spectra.get("hessian")
        if top is None or top.step != moment.step:
            return {column.name: math.nan for column in dataclasses.fields(Stabilization)}
        moment.report("measuring the gradient of the sharpness", None)
        return dataclasses.asdict(stabilization(moment.hessian, top.pairs.vectors[:, 0], moment.lr))


def self_stabilization(config: RunConfig) -> SelfStabilization:
    """The instrument behind the table `self_stabilization`; the same for every config."""
    return SelfStabilization()
