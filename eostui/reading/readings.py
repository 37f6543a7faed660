"""The present values in the row of sparklines: what each is, where it comes from, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from eostui.reading.feed import Feed
from eostui.reading.numbers import Forms, format_value, forms_of, percentage, ratio
from eostui.reading.progress import shares_measuring, speeds
from eostui.reading.sharpness import sharpness_of

_FOUR_DIGITS = forms_of(partial(format_value, digits=4))
_THREE_DIGITS = forms_of(format_value)
_PERCENT = forms_of(percentage)
_UNPAUSED: Mapping[str, Callable[[Feed], np.ndarray]] = {
    "steps_per_second": speeds,
    "measuring_share": shares_measuring,
}
"""Columns of `timing` in which the time that a run was paused does not count."""


@dataclass(frozen=True)
class Reading:
    """One number on the screen: its label, its definition for the help, the column that it is (the first value of each
    row), and its text in ever shorter forms."""

    label: str
    definition: str
    table: str
    column: str
    text: Callable[[float], Forms]
    log: bool = False
    """Whether its sparkline is on a logarithmic scale."""
    compared: bool = False
    """Whether it is the S that the threshold is for, certified or tracked."""
    over_threshold: bool = False
    """Whether that is divided by the threshold of the same step."""

    def values(self, feed: Feed) -> np.ndarray:
        """The values so far, (n,)."""
        if self.compared:
            known = sharpness_of(feed)
            return known.ratios if self.over_threshold else known.values
        if self.column in _UNPAUSED:
            return _UNPAUSED[self.column](feed)
        _, values = feed.column(self.table, self.column)
        return values[:, 0] if values.ndim > 1 else values


def readings_of(feed: Feed) -> list[Reading]:
    """The readings that a run has the columns for, from left to right."""
    examples = "the examples of the minibatch" if feed.minibatch else "all training examples"
    threshold = f"optimizer's stability threshold {feed.threshold.formula}: 1 is the edge of stability"
    if feed.minibatch:
        threshold = f"{feed.threshold.formula}, a reference only: training on minibatches has no such edge"
    between = (
        "; between two certified measurements the Rayleigh quotient of the eigenvector that is followed, a lower bound"
    )
    readings = [
        Reading("loss", f"the training loss L(θ), mean over {examples}", "train", "loss", _FOUR_DIGITS, log=True),
        Reading("accuracy", f"share of {examples} that are classified correctly", "train", "accuracy", _PERCENT),
        Reading(
            "sharpness",
            "S = λ₁, the largest algebraic eigenvalue of the loss Hessian; its residual ‖Hv − λv‖ is in the run file"
            + between * (feed.tracked == "hessian"),
            "hessian",
            "eigenvalues",
            _FOUR_DIGITS,
            compared=feed.threshold.table == "hessian",
        ),
        Reading(
            "precond S",
            "preconditioned sharpness, the largest eigenvalue of P⁻¹H; P is the optimizer's own preconditioner"
            + between * (feed.tracked == "preconditioned"),
            "preconditioned",
            "eigenvalues",
            _FOUR_DIGITS,
            compared=feed.threshold.table == "preconditioned",
        ),
        Reading(
            "S/thresh",
            f"{feed.threshold.sharpness} divided by the {threshold}{between * bool(feed.tracked)}",
            feed.threshold.table if feed.threshold.exists else "",
            "eigenvalues",
            forms_of(ratio),
            compared=True,
            over_threshold=True,
        ),
        Reading(
            "‖∇L‖",
            f"Euclidean norm of the gradient of the loss, mean over {examples}",
            "train",
            "grad_norm",
            _THREE_DIGITS,
            log=True,
        ),
        Reading(
            "steps/s",
            "updates a second between the last two measurements, measuring included, time paused left out",
            "timing",
            "steps_per_second",
            _THREE_DIGITS,
        ),
        Reading(
            "measuring",
            "share of the time between the last two measurements that went into measuring, time paused left out",
            "timing",
            "measuring_share",
            _PERCENT,
        ),
    ]
    series = feed.series
    return [reading for reading in readings if reading.table in series and reading.column in series[reading.table]]
