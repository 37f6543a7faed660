"""How well the network does: loss, accuracy and gradient norm, and the instruments that fill tables with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from eostui.config import RunConfig
from eostui.curvature.inner_products import norm, wide
from eostui.objective.objective import Evaluation, Gradient
from eostui.trainer.moment import Moment


def scores(evaluation: Evaluation, *, classes: bool) -> dict[str, float]:
    """The columns `loss`, `accuracy` (where there are `classes`) and, with a gradient, `grad_norm`, as numbers."""
    values = {"loss": evaluation.loss}
    if classes:
        values["accuracy"] = evaluation.accuracy
    if isinstance(evaluation, Gradient):
        values["grad_norm"] = norm(evaluation.gradient)
    # one transfer for all of them: each would wait for the device by itself
    numbers = torch.stack([value.to(wide(value.device)) for value in values.values()]).tolist()
    return dict(zip(values, numbers, strict=True))


class TestSet:
    """Evaluates the training loss function on held-out examples."""

    def measure(self, moment: Moment) -> Mapping[str, Any] | None:
        """Loss and accuracy, or None where the data set has no test part."""
        if moment.test is None:
            return None
        moment.report("evaluating the test set", None)
        return scores(moment.test.evaluate(moment.theta), classes=moment.classes)


class FullBatch:
    """Evaluates the whole training set and its gradient."""

    def measure(self, moment: Moment) -> Mapping[str, Any]:
        """Loss, accuracy and the norm of the full-batch gradient."""
        moment.report("evaluating the whole training set", None)
        return scores(moment.objective.gradient(moment.theta), classes=moment.classes)


def test_set(config: RunConfig) -> TestSet:
    """The instrument behind the table `test`; the same for every config."""
    return TestSet()


def full_batch(config: RunConfig) -> FullBatch:
    """The instrument behind the table `full_batch`; the same for every config."""
    return FullBatch()
