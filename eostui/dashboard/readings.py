"""The present values in the row of sparklines: what each is, where it comes from, and how it is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from eostui.dashboard.feed import Feed
from eostui.dashboard.series import at_steps


@dataclass(frozen=True)
class Reading:
    """One number on the screen: its label, its definition for the help, the column that it is (the first value of each
    row), and its form as text."""

    label: str
    definition: str
    table: str
    column: str
    text: Callable[[float], str]
    log: bool = False
    """Whether its sparkline is on a logarithmic scale."""
    over_threshold: bool = False
    """Whether it is divided by the threshold of the same step."""

    def values(self, feed: Feed) -> np.ndarray:
        """The values so far, (n,)."""
        steps, values = feed.column(self.table, self.column)
        if values.ndim > 1:
            values = values[:, 0]
        if self.over_threshold:
            with np.errstate(divide="ignore", invalid="ignore"):
                values = values / at_steps(feed.series["train"], "threshold", steps)
        return values


def readings_of(feed: Feed) -> list[Reading]:
    """The readings that a run has the columns for, from left to right."""
    examples = "the examples of the minibatch" if feed.minibatch else "all training examples"
    sharpness = "preconditioned sharpness" if feed.threshold_on == "preconditioned" else "sharpness"
    threshold = f"optimizer's stability threshold {feed.threshold_formula}: 1 is the edge of stability"
    if feed.minibatch:
        threshold = f"{feed.threshold_formula}, a reference only: training on minibatches has no such edge"
    readings = [
        Reading("loss", f"the training loss L(θ), mean over {examples}", "train", "loss", "{:.4g}".format, log=True),
        Reading("accuracy", f"share of {examples} that are classified correctly", "train", "accuracy", _percent),
        Reading(
            "sharpness",
            "S = λ₁, the largest algebraic eigenvalue of the loss Hessian; its residual ‖Hv − λv‖ is in the run file",
            "hessian",
            "eigenvalues",
            "{:.4g}".format,
        ),
        Reading(
            "precond S",
            "preconditioned sharpness, the largest eigenvalue of P⁻¹H; P is the optimizer's own preconditioner",
            "preconditioned",
            "eigenvalues",
            "{:.4g}".format,
        ),
        Reading(
            "S/thresh",
            f"{sharpness} divided by the {threshold}",
            feed.threshold_on if feed.has_threshold else "",
            "eigenvalues",
            "{:.3f}".format,
            over_threshold=True,
        ),
        Reading(
            "‖∇L‖",
            f"Euclidean norm of the gradient of the loss, mean over {examples}",
            "train",
            "grad_norm",
            "{:.3g}".format,
            log=True,
        ),
        Reading(
            "steps/s",
            "updates a second between the last two measurements, measuring included",
            "timing",
            "steps_per_second",
            "{:.3g}".format,
        ),
        Reading(
            "measuring",
            "share of the time between the last two measurements that went into measuring",
            "timing",
            "measuring_share",
            _percent,
        ),
    ]
    series = feed.series
    return [reading for reading in readings if reading.table in series and reading.column in series[reading.table]]


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
