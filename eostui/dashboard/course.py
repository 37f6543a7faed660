"""The course of a run in one curve, for an overview of it."""

from __future__ import annotations

import numpy as np

from eostui.reading.feed import Feed
from eostui.reading.sharpness import sharpness_of
from eostui.reading.trace import Floats, Steps


def course_of(feed: Feed) -> tuple[Steps, Floats]:
    """(n,) steps and what to draw there, 1 for the edge: S ÷ threshold.

    Without a threshold it is S as a share of its largest value. Without S it is the logarithm of the loss, from 0 for
    the smallest loss, or 1 where that is larger, to 1 for the largest.
    """
    known = sharpness_of(feed)
    if len(known.steps):
        ratios = known.ratios
        if not (np.isnan(ratios[-1]) and np.isnan(ratios).all()):
            return known.steps, ratios
        return known.steps, _shares(known.values)
    train = feed.series["train"]
    with np.errstate(divide="ignore", invalid="ignore"):
        return train["step"], _shares(np.log(train["loss"]))


def _shares(values: Floats) -> Floats:
    """(n,) values from 0 to 1, NaN where one is not finite."""
    finite = np.where(np.isfinite(values), values, np.nan)
    if np.isnan(finite).all():
        return finite
    low, high = min(float(np.nanmin(finite)), 0.0), float(np.nanmax(finite))
    return (finite - low) / ((high - low) or 1.0)
