"""Which regime of training a run is in, in words that are defined.

With S the sharpness (the preconditioned one where the threshold is for that), certified or tracked, T the stability
threshold and r = S/T at each value of S. The words are those of Cohen et al. 2021 (arXiv 2103.00065); where one begins
and ends is fixed here.
"""

from __future__ import annotations

from enum import Enum

import numpy as np

from eostui.reading.feed import Feed
from eostui.reading.sharpness import Sharpness, sharpness_of
from eostui.store.events import TrackingChanged

RECENT = 5
"""Values of S that count as recent."""
WINDOW = 100
"""Steps over which S grows or falls, and over which the loss is compared with its lowest value."""
EXPLODED = 10
"""The loss diverges where it is over this many times its lowest value."""
LOWER, UPPER = 0.85, 1.2
"""The edge is where the average of r is from the one to the other."""
CHANGE = 0.01
"""A sharpness grows or falls where it changed by over this share of its value at first."""
_CHANGE = f"{100 * CHANGE:g} %"
_WITHIN = f"within the last {WINDOW} steps, or the last {RECENT} values where these go further back"


class Regime(Enum):
    """A regime: the word for it, and its definition."""

    UNKNOWN = ("not measured yet", "no sharpness has been measured")
    OFF = ("sharpness not measured", "the sharpness could not be measured, and the run goes on without it")
    DIVERGING = (
        "diverging",
        f"the loss is not finite, or over {EXPLODED} × its lowest of the last {WINDOW} steps",
    )
    ABOVE = (
        "above the edge",
        f"r averages over {UPPER} in the last {RECENT} values: the step size is too large to stay",
    )
    EDGE = ("at the edge", f"r averages from {LOWER} to {UPPER} in the last {RECENT} values")
    BELOW = ("below the edge", f"r is under {LOWER}, and only one value of S is known")
    SHARPENING = (
        "sharpening",
        f"below the edge, and S grew by over {_CHANGE} {_WITHIN}",
    )
    FLATTENING = (
        "flattening",
        f"below the edge, and S fell by over {_CHANGE} {_WITHIN}",
    )
    STABLE = (
        "stable",
        f"below the edge, and S changed by less than {_CHANGE} {_WITHIN}",
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
    if _is_off(feed, sharpness_of(feed)):
        return [Regime.OFF, Regime.DIVERGING]
    if not feed.threshold.exists:
        return [Regime.UNKNOWN, Regime.DIVERGING, Regime.NO_THRESHOLD]
    return [regime for regime in Regime if regime not in (Regime.OFF, Regime.NO_THRESHOLD, Regime.MINIBATCH)]


def present_regime(feed: Feed) -> Regime:
    """The regime at the newest visible row of a feed that knows its tables."""
    if feed.minibatch:
        return Regime.MINIBATCH
    losses = feed.series["train"]["loss"][-WINDOW:]
    if len(losses) and not (np.isfinite(losses[-1]) and losses[-1] <= EXPLODED * np.nanmin(losses)):
        return Regime.DIVERGING
    known = sharpness_of(feed)
    return Regime.OFF if _is_off(feed, known) else _regime_by(known)


def _is_off(feed: Feed, known: Sharpness) -> bool:
    """Whether S is no longer measured: its instrument was left out, and no later row shows that it is there again."""
    table = feed.threshold.table
    out = [
        event.step
        for event in feed.events()
        if isinstance(event.what, TrackingChanged) and event.what.table == table and not event.what.measures
    ]
    return bool(out) and (not len(known.steps) or int(known.steps[-1]) <= out[-1])


def _regime_by(known: Sharpness) -> Regime:
    """The regime that S and T say."""
    since = _start_of_window(known)
    finite = np.isfinite(known.values[since:])
    values, ratios = known.values[since:][finite], known.ratios[since:][finite]
    if not len(values):
        return Regime.UNKNOWN
    recent = ratios[-RECENT:]
    if np.isnan(recent).all():
        return Regime.NO_THRESHOLD
    ratio = float(np.nanmean(recent))
    if ratio > UPPER:
        return Regime.ABOVE
    if ratio >= LOWER:
        return Regime.EDGE
    if len(values) < 2:
        return Regime.BELOW
    growth = values[-1] - values[0]
    if abs(growth) <= CHANGE * abs(values[0]):
        return Regime.STABLE
    return Regime.SHARPENING if growth > 0 else Regime.FLATTENING


def _start_of_window(known: Sharpness) -> int:
    """The first row of those within `WINDOW` steps of the newest, or of the `RECENT` newest if these are more."""
    if not len(known.steps):
        return 0
    within = int(np.searchsorted(known.steps, known.steps[-1] - WINDOW, side="right"))
    return max(min(within, len(known.steps) - RECENT), 0)
