"""The charts of eigenvalues: certified, tracked between two measurements, and against the stability threshold."""

from __future__ import annotations

import numpy as np

from eostui.dashboard.panel import ChartPanel
from eostui.dashboard.widgets import Trace
from eostui.reading.feed import Feed

_TRACKED = (
    "; ● where the solver certified λ1, and the line between them is tracked: the Rayleigh quotient of the eigenvector "
    "that is followed, a lower bound of λ1; “not certified” says that the derivatives behind it have failed their "
    "check, or that the loss is no function of the weights"
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
        # of the matrix that the threshold is for there may be more, in a table that is wider than what was followed
        more = feed.threshold_on == table and _has_followed(feed)
        at, others = feed.column("followed", "eigenvalues") if more else (steps, eigenvalues)
        there = np.flatnonzero(~np.isnan(others[:, 1:]).all(axis=0)) + 1 if len(at) else np.arange(0)
        below = [Trace(f"λ{index + 1}", at, others[:, index], "eigenvalue", sparse=True) for index in reversed(there)]
        reference = [threshold(feed)] if compared(feed) else []
        doubtful = feed.doubtful(table)
        if not tracked(feed):
            return [*below, *reference, Trace("λ1 not certified" if doubtful else "λ1", steps, eigenvalues[:, 0], role)]
        between = Trace("λ1 tracked", *feed.column("tracked", "sharpness"), role, brief="tracked")
        name = "λ1 not certified" if doubtful else "λ1 certified"
        certified = Trace(name, steps, eigenvalues[:, 0], "certified", points=True, brief="λ1?" if doubtful else "λ1")
        return [*below, *reference, between, certified]

    def define(feed: Feed) -> str:
        return definition + _TRACKED * tracked(feed) + of_threshold(feed) * compared(feed)

    return ChartPanel(id, title, table, ("eigenvalues",), define, traces, wide=True)


def _has_followed(feed: Feed) -> bool:
    """Whether there are rows of all eigenvalues near the threshold; a file from elsewhere may call anything so."""
    rows = feed.series.get("followed")
    columns = () if rows is None or not rows.shown else rows.table.columns
    return any(c.name == "eigenvalues" and c.dtype == "float64" and c.width is not None for c in columns)


def threshold(feed: Feed) -> Trace:
    """The stability threshold in force."""
    steps, values = feed.column("train", "threshold")
    return Trace(feed.threshold_formula, steps, values, "threshold", stepped=True, reference=True)


def of_threshold(feed: Feed) -> str:
    """What the line of the threshold is, in a definition."""
    line = "reference line" if feed.minibatch else "stability threshold"
    return f"; dashed, the {line} {feed.threshold_formula}, with ↑ where that is above the chart"
