"""Predicted and measured mean loss, over the same steps."""

from __future__ import annotations

import numpy as np

from eostui.instruments.base.scope import Scope
from eostui.instruments.catalogue import INSTRUMENTS
from eostui.reading.prediction import prediction_of
from eostui.reading.series import series_of
from eostui.store import TRAIN
from tests.instruments.runs import config
from tests.reading.given import GivenFeed


def _feed(predicted: list[float]) -> GivenFeed:
    """100 steps whose loss is the step, and rows of the flow every 20 of them."""
    feed = GivenFeed(series_of([TRAIN, INSTRUMENTS["central-flow"].table(Scope.of(config()))]), {}, {})
    feed.series["train"].extend({"step": np.arange(100), "loss": np.arange(100.0)})
    steps = np.arange(0, 20 * len(predicted), 20)
    feed.series["central_flow"].extend({"step": steps, "predicted_loss": np.array(predicted)})
    return feed


def test_both_are_means_over_the_last_steps_that_the_flow_has() -> None:
    assert prediction_of(_feed([1.0, 2.0, 3.0, 5.0, 7.0])) == "predicted 5.00, run 55.0 over steps 30 to 80"
    assert prediction_of(_feed([np.nan, 2.0, 3.0, np.nan])) == "predicted 2.50, run 30.0 over steps 20 to 40"


def test_nothing_is_said_where_nothing_was_predicted() -> None:
    assert prediction_of(_feed([])) == ""
    assert prediction_of(_feed([np.nan])) == ""
