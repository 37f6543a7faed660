"""Which regime of training a run is in, in words that are defined.

With S the sharpness (the preconditioned one where the threshold is for that), T the stability threshold and r = S/T at
the measurements. The words are those of Cohen et al. 2021 (arXiv 2103.00065); where one begins and ends is fixed here.
"""

from __future__ import annotations

from enum import Enum

import numpy as np

from eostui.reading.feed import Feed
from eostui.reading.series import Series, at_steps

RECENT = 5
"""Measurements that count as recent."""
LOSS_WINDOW = 100
"""Steps over which the loss is compared with its lowest value."""
EXPLODED = 10
"""The loss diverges where it is over this many times its lowest value."""
LOWER, UPPER = 0.85, 1.2
"""The edge is where the average of r is from the one to the other."""
CHANGE = 0.01
"""A sharpness grows or falls where it changed by over this share of its value at first."""
_CHANGE = f"{100 * CHANGE:g} %"


class Regime(Enum):
    """A regime: the word for it, and its definition."""

    UNKNOWN = ("not measured yet", "no sharpness has been measured")
    DIVERGING = (
        "diverging",
        f"the loss is not finite, or over {EXPLODED} × its lowest of the last {LOSS_WINDOW} steps",
    )
    ABOVE = (
        "above the edge",
        f"r averages over {UPPER} in the last {RECENT} measurements: the step size is too large to stay",
    )
    EDGE = ("at the edge", f"r averages from {LOWER} to {UPPER} in the last {RECENT} measurements")
    BELOW = ("below the edge", f"r is under {LOWER}, and S has been measured only once")
    SHARPENING = (
        "sharpening",
        f"below the edge, and S grew by over {_CHANGE} within the last {RECENT} measurements",
    )
    FLATTENING = (
        "flattening",
        f"below the edge, and S fell by over {_CHANGE} within the last {RECENT} measurements",
    )
    STABLE = (
        "stable",
        f"below the edge, and S changed by less than {_CHANGE} within the last {RECENT} measurements",
    )
    NO_THRESHOLD = ("no threshold", "the optimizer has no stability threshold to compare the sharpness with")
    MINIBATCH = (
        "minibatches",
        "the full-batch threshold is a reference line only: training on minibatches has none on the sharpness",
    )

    def __init__(self, word: str, definition: str) -> None:
        self.word = word
        self.definition = definition


def regimes_of(feed: Feed) -> list[Regime]:
    """The regimes that a run can be in."""
    if feed.minibatch:
        return [Regime.MINIBATCH]
    if not feed.threshold.exists:
        return [Regime.UNKNOWN, Regime.DIVERGING, Regime.NO_THRESHOLD]
    return [regime for regime in Regime if regime not in (Regime.NO_THRESHOLD, Regime.MINIBATCH)]


def present_regime(feed: Feed) -> Regime:
    """The regime at the newest visible row of a feed that knows its tables."""
    return Regime.MINIBATCH if feed.minibatch else regime_of(feed.series["train"], feed.compared)


def regime_of(train: Series, measured: Series | None) -> Regime:
    """The regime at the newest visible rows of the table `train` and of the one whose first eigenvalue is S, which a
    run may be without."""
    losses = train["loss"][-LOSS_WINDOW:]
    if len(losses) and not (np.isfinite(losses[-1]) and losses[-1] <= EXPLODED * np.nanmin(losses)):
        return Regime.DIVERGING
    if measured is None:
        return Regime.UNKNOWN
    sharpness = measured["eigenvalues"][-RECENT:, 0]
    steps = measured["step"][-RECENT:]
    known = np.isfinite(sharpness)
    if not known.any():
        return Regime.UNKNOWN
    sharpness, steps = sharpness[known], steps[known]
    threshold = at_steps(train, "threshold", steps)
    if np.isnan(threshold).all():
        return Regime.NO_THRESHOLD
    # no curvature is stable for a weight decay beyond 2/η, which leaves a threshold that is not positive
    ratios = np.divide(sharpness, threshold, out=np.full_like(sharpness, np.inf), where=~(threshold <= 0))
    ratio = float(np.nanmean(ratios))
    if ratio > UPPER:
        return Regime.ABOVE
    if ratio >= LOWER:
        return Regime.EDGE
    if len(sharpness) < 2:
        return Regime.BELOW
    growth = sharpness[-1] - sharpness[0]
    if abs(growth) <= CHANGE * abs(sharpness[0]):
        return Regime.STABLE
    return Regime.SHARPENING if growth > 0 else Regime.FLATTENING
