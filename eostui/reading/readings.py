"""The present values in the row of sparklines: what each is, where it comes from, and how it is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from eostui.reading.feed import Feed
from eostui.reading.numbers import Forms, forms_of, percentage, ratio
from eostui.reading.series import at_steps

_FOUR_DIGITS = forms_of("{:.4g}".format)
_THREE_DIGITS = forms_of("{:.3g}".format)
_PERCENT = forms_of(percentage)


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
    over_threshold: bool = False
    """Whether it is divided by the threshold of the same step."""
    tracked: bool = False
    """Whether the column has certified values only, with tracked ones at the steps in between."""

    def values(self, feed: Feed) -> np.ndarray:
        """The values so far, (n,)."""
        steps, values = feed.column(self.table, self.column)
        if values.ndim > 1:
            values = values[:, 0]
        if self.tracked:
            # certified values are in the table of the tracked ones too, but for those after its end
            between, estimates = feed.column("tracked", "sharpness")
            since = int(np.searchsorted(steps, between[-1], side="right")) if len(between) else 0
            values = np.concatenate([estimates, values[since:]]) if since < len(values) else estimates
        if self.over_threshold:
            with np.errstate(divide="ignore", invalid="ignore"):
                values = values / at_steps(feed.series["train"], "threshold", steps)
        return values


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
            tracked=feed.tracked == "hessian",
        ),
        Reading(
            "precond S",
            "preconditioned sharpness, the largest eigenvalue of P⁻¹H; P is the optimizer's own preconditioner"
            + between * (feed.tracked == "preconditioned"),
            "preconditioned",
            "eigenvalues",
            _FOUR_DIGITS,
            tracked=feed.tracked == "preconditioned",
        ),
        Reading(
            "S/thresh",
            f"{'certified ' * bool(feed.tracked)}{feed.threshold.sharpness} divided by the {threshold}",
            feed.threshold.table if feed.threshold.exists else "",
            "eigenvalues",
            forms_of(ratio),
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
            "updates a second between the last two measurements, measuring included",
            "timing",
            "steps_per_second",
            _THREE_DIGITS,
        ),
        Reading(
            "measuring",
            "share of the time between the last two measurements that went into measuring",
            "timing",
            "measuring_share",
            _PERCENT,
        ),
    ]
    series = feed.series
    return [reading for reading in readings if reading.table in series and reading.column in series[reading.table]]
