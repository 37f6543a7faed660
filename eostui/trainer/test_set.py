"""The instrument for loss and accuracy on the test set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from eostui.config import RunConfig
from eostui.trainer.moment import Moment


class TestSet:
    """Evaluates the training loss function on held-out examples."""

    def measure(self, moment: Moment) -> Mapping[str, Any] | None:
        """Loss and accuracy, or None where the data set has no test part."""
        if moment.test is None:
            return None
        moment.report("evaluating the test set", None)
        evaluation = moment.test.evaluate(moment.theta)
        loss, accuracy = torch.stack([evaluation.loss.double(), evaluation.accuracy.double()]).tolist()
        return {"loss": loss, "accuracy": accuracy}


def test_set(config: RunConfig) -> TestSet:
    """The instrument behind the table `test`; the same for every config."""
    return TestSet()
