"""What the central flow has predicted of a run, beside what the run did."""

from __future__ import annotations

import numpy as np

from eostui.reading.feed import Feed
from eostui.reading.numbers import format_value
from eostui.store import TRAIN

CENTRAL_FLOW = "central_flow"
STEPS = 50
"""The steps that the run's loss is a mean over."""


def prediction_of(feed: Feed) -> str:
    """The mean loss as predicted and as it was, over the last steps that the flow has; empty where it has none.

    "predicted 0.0354, run 0.0353 over steps 750 to 800". The prediction is the mean over the rows of these steps.
    """
    if not feed.has_rows(CENTRAL_FLOW) or not feed.has_rows(TRAIN.name):
        return ""
    rows, train = feed.series[CENTRAL_FLOW], feed.series[TRAIN.name]
    known = np.isfinite(rows["predicted_loss"])
    if not known.any():
        return ""
    last = int(rows["step"][known][-1])
    first = max(last - STEPS, int(rows["step"][known][0]))
    predicted = rows["predicted_loss"][known & (rows["step"] >= first)]
    loss = train["loss"][(train["step"] >= first) & (train["step"] <= last)]
    if not len(loss):
        return ""
    over = f"over steps {first:,} to {last:,}"
    return f"predicted {format_value(float(predicted.mean()))}, run {format_value(float(loss.mean()))} {over}"
