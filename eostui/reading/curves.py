"""Single curves of a run: what charts and figures are made of."""

from __future__ import annotations

import numpy as np

from eostui.reading.feed import Feed
from eostui.reading.series import Series
from eostui.reading.trace import Floats, Trace
from eostui.store import FULL_BATCH, TRAIN


def has_numbers(rows: Series | None, column: str, *, wide: bool | None = None) -> bool:
    """Whether a column of floats is there, with several values a row (`wide`) or with one; None takes both.

    A file from elsewhere may have anything by a name.
    """
    columns = () if rows is None else rows.table.columns
    return any(c.name == column and c.dtype == "float64" and wide in (None, c.width is not None) for c in columns)


def first_eigenvalue(spectrum: Series) -> Floats:
    """The largest eigenvalue at each measurement, (n,)."""
    values: Floats = spectrum["eigenvalues"]
    return values[:, 0] if values.ndim == 2 else values


def largest_eigenvalue(feed: Feed, table: str, ink: str) -> Trace:
    """The first eigenvalue of a table; without samples where the run has none."""
    if not has_numbers(feed.series.get(table), "eigenvalues"):
        return _nothing("λ1", ink)
    steps, values = feed.column(table, "eigenvalues")
    return Trace("λ1", steps, values[:, 0] if values.ndim == 2 else values, ink)


def threshold_line(feed: Feed) -> Trace:
    """The stability threshold in force; without samples where the run has none."""
    label = feed.threshold.formula
    if not has_numbers(feed.series.get(TRAIN.name), "threshold", wide=False):
        return _nothing(label, "threshold")
    return Trace(label, *feed.column(TRAIN.name, "threshold"), "threshold", stepped=True, reference=True)


def training_loss(feed: Feed) -> Trace:
    """The loss over all training examples, at its own cadence where a step sees a minibatch of them."""
    for table in (FULL_BATCH.name, TRAIN.name):
        if has_numbers(feed.series.get(table), "loss", wide=False):
            return Trace("loss", *feed.column(table, "loss"), "loss")
    return _nothing("loss", "loss")


def _nothing(label: str, ink: str) -> Trace:
    return Trace(label, np.empty(0), np.empty(0), ink)
