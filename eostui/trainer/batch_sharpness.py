"""The instrument for the curvature that minibatches see."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch

from eostui.config import ConfigError, RunConfig
from eostui.curvature.estimates.batch_sharpness import mean_batch_sharpness
from eostui.trainer.moment import Moment

BATCHES = 16
"""How many random minibatches the mean is over."""


class BatchSharpness:
    """The mean of g_BᵀH_Bg_B/‖g_B‖² over random batches of the training set, as large as those of the training.

    Raises ConfigError for a run whose every step sees all examples: its batch sharpness is the directional curvature.
    """

    def __init__(self, config: RunConfig) -> None:
        if config.training.batch_size is None:
            raise ConfigError("--track batch-sharpness needs --batch-size N; of all examples it is --track directional")
        self._batch_size = config.training.batch_size
        self._generator = torch.Generator().manual_seed(config.training.seed)

    def measure(self, moment: Moment) -> Mapping[str, Any]:
        """One row, over batches drawn anew; NaN where a batch's gradient is zero or not finite."""

        def progress(done: int) -> None:
            moment.report("measuring the batch sharpness", done / BATCHES)

        found = mean_batch_sharpness(
            moment.objective,
            moment.theta,
            self._batch_size,
            batches=BATCHES,
            hessian_of=partial(moment.products.hessian, graph_bytes=moment.hessian.graph_bytes),
            generator=self._generator,
            on_batch=progress,
        )
        return {"batch_sharpness": found.mean, "standard_error": found.standard_error}


def batch_sharpness(config: RunConfig) -> BatchSharpness:
    """The instrument behind the table `batch_sharpness`."""
    return BatchSharpness(config)
