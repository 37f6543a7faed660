"""Which regime of training a run is in, in words that are defined.

With S the sharpness, T the stability threshold and r = S/T at the measurements. The words are those of Cohen et al.
2021 (arXiv 2103.00065); where one begins and ends is fixed here.
"""

from __future__ import annotations

from enum import Enum

import numpy as np

from eostui.dashboard.series import Series, at_steps

RECENT = 5
"""Measurements that count as recent."""
LOSS_WINDOW = 100
"""Steps over which the loss is compared with its lowest value."""


class Regime(Enum):
    """A regime: the word for it, and its definition."""

    UNKNOWN = ("not measured yet", "no sharpness has been measured")
    DIVERGING = (
        "diverging",
        f"the loss is not finite, or over 10 × its lowest of the last {LOSS_WINDOW} steps",
    )
    ABOVE = (
        "above the edge",
        f"r averages over 1.2 in the last {RECENT} measurements: the step size is too large to stay",
    )
    EDGE = ("at the edge", f"r averages from 0.85 to 1.2 in the last {RECENT} measurements")
    BELOW = ("below the edge", "r is under 0.85, and S has been measured only once")
    SHARPENING = (
        "sharpening",
        f"below the edge, and S grew by over 1 % within the last {RECENT} measurements",
    )
    FLATTENING = (
        "flattening",
        f"below the edge, and S fell by over 1 % within the last {RECENT} measurements",
    )
    STABLE = (
        "stable",
        f"below the edge, and S changed by less than 1 % within the last {RECENT} measurements",
    )
    NO_THRESHOLD = ("no threshold", "the optimizer has no stability threshold to compare the sharpness with")

    def __init__(self, word: str, definition: str) -> None:
        self.word = word
        self.definition = definition


def regime_of(train: Series, hessian: Series | None) -> Regime:
    """The regime at the newest visible rows of the tables `train` and `hessian`, which a run may be without."""
    losses = train["loss"][-LOSS_WINDOW:]
    if len(losses) and not (np.isfinite(losses[-1]) and losses[-1] <= 10 * np.nanmin(losses)):
        return Regime.DIVERGING
    if hessian is None:
        return Regime.UNKNOWN
    sharpness = hessian["eigenvalues"][-RECENT:, 0]
    steps = hessian["step"][-RECENT:]
    measured = np.isfinite(sharpness)
    if not measured.any():
        return Regime.UNKNOWN
    sharpness, steps = sharpness[measured], steps[measured]
    ratio = float(np.mean(sharpness / at_steps(train, "threshold", steps)))
    if not np.isfinite(ratio):
        return Regime.NO_THRESHOLD
    if ratio > 1.2:
        return Regime.ABOVE
    if ratio >= 0.85:
        return Regime.EDGE
    if len(sharpness) < 2:
        return Regime.BELOW
    growth = (sharpness[-1] - sharpness[0]) / abs(sharpness[0])
    if abs(growth) <= 0.01:
        return Regime.STABLE
    return Regime.SHARPENING if growth > 0 else Regime.FLATTENING
