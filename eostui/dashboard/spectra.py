"""The charts of eigenvalues: certified, tracked between two measurements, and against the stability threshold."""

from __future__ import annotations

import numpy as np

from eostui.dashboard.feed import Feed
from eostui.dashboard.panel import ChartPanel
from eostui.dashboard.widgets import Trace

_TRACKED = (
    "; ● where the solver certified λ1, and the line between them is tracked: the Rayleigh quotient of the eigenvector "
    "that is followed, a lower bound of λ1"
)


def spectrum(id: str, title: str, table: str, role: str, definition: str) -> ChartPanel:
    """Eigenvalues, from the largest down, with the stability threshold where it is for a matrix of this kind."""
    compared_with = "preconditioned" if table == "preconditioned" else "hessian"

    def compared(feed: Feed) -> bool:
        return feed.has_threshold and feed.threshold_on == compared_with

    def tracked(feed: Feed) -> bool:
        return feed.tracked == table and feed.has_rows("tracked")

    def traces(feed: Feed) -> list[Trace]:
        steps, eigenvalues = feed.column(table, "eigenvalues")
        # a table may be wider than what was followed, and more may be followed later
        followed = np.flatnonzero(~np.isnan(eigenvalues[:, 1:]).all(axis=0)) + 1 if len(steps) else np.arange(0)
        below = [
            Trace(f"λ{index + 1}", steps, eigenvalues[:, index], "eigenvalue", sparse=True)
            for index in reversed(followed)
        ]
        reference = [threshold(feed)] if compared(feed) else []
        if not tracked(feed):
            return [*below, *reference, Trace("λ1", steps, eigenvalues[:, 0], role)]
        between = Trace("λ1 tracked", *feed.column("tracked", "sharpness"), role, brief="tracked")
        certified = Trace("λ1 certified", steps, eigenvalues[:, 0], "certified", points=True, brief="λ1")
        return [*below, *reference, between, certified]

    def define(feed: Feed) -> str:
        return definition + _TRACKED * tracked(feed) + of_threshold(feed) * compared(feed)

    return ChartPanel(id, title, table, ("eigenvalues",), define, traces, wide=True)


def threshold(feed: Feed) -> Trace:
    """The stability threshold in force."""
    steps, values = feed.column("train", "threshold")
    return Trace(feed.threshold_formula, steps, values, "threshold", stepped=True, reference=True)


def of_threshold(feed: Feed) -> str:
    """What the line of the threshold is, in a definition."""
    line = "reference line" if feed.minibatch else "stability threshold"
    return f"; dashed, the {line} {feed.threshold_formula}, with ↑ where that is above the chart"
