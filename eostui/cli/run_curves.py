"""The curves of one run in a figure, as arrays over what the figure is drawn over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eostui.cli.plane import plane_of
from eostui.cli.shown import Shown
from eostui.reading.curves import has_numbers, largest_eigenvalue, threshold_line, training_loss
from eostui.reading.feed import Feed
from eostui.reading.saved import SavedFeed
from eostui.reading.series import at_steps
from eostui.reading.sharpness import sharpness_of
from eostui.reading.smoothed import Smoothed
from eostui.reading.step_size import step_size_text, told_by
from eostui.reading.threshold import Threshold
from eostui.reading.trace import Floats, Steps
from eostui.store import FULL_BATCH, TRAIN, RunFile, RunFileError, Table

Curve = tuple[Floats, Floats]
"""(n,) steps and (n,) values."""
COLUMNS = 345
"""Each keeps its lowest and highest value, so that a curve has no more points than its axis has pixels."""
FARTHEST = 1e300
"""What is larger is not drawn."""
FLOWS = ("central_flow", "gradient_flow", "quadratic_model")
"""The tables of what theory predicts."""
MEAN_STEPS = 20
"""The standard deviation of the Gaussian that the mean loss is taken with."""


@dataclass(frozen=True)
class RunCurves:
    """What a figure shows of one run, and what the legend calls it; without a `label` that is its name, and its η."""

    name: str
    feed: Feed
    shown: Shown
    label: str | None = None

    @classmethod
    def of(cls, file: RunFile, label: str | None, tables: Iterable[str], shown: Shown) -> RunCurves:
        """Read a run; `tables` are drawn instead of that which the threshold is for.

        Raises RunFileError for a run that has no such table, or a table without eigenvalues, or with a ratio one that
        the threshold is not for.
        """
        threshold = Threshold.of(file.config, file.environment)
        there = file.tables
        for name in tables:
            file.length(name)
            if not _is_drawn(there[name]):
                known = ", ".join(name for name, table in there.items() if _is_drawn(table))
                raise RunFileError(f"{file.path}: its table {name} has no eigenvalues; these have: {known or 'none'}")
            if shown.ratio and not threshold.is_for(name):
                raise RunFileError(f"{file.path}: its threshold is not for the table {name}; draw that without --ratio")
        wanted = {TRAIN.name, FULL_BATCH.name, "tracked", threshold.table, *FLOWS, *tables}
        return cls(file.name, SavedFeed(file, wanted), shown, label)

    @property
    def legend(self) -> str:
        """What the legend says of it."""
        if self.label is not None:
            return self.label
        train = self.feed.series.get(TRAIN.name)
        if train is None or not has_numbers(train, "lr", wide=False) or not train.shown:
            return self.name
        first, last = (step_size_text(told_by(self.feed, float(train["lr"][row]))) for row in (0, -1))
        return f"{self.name}, η = {first}" if first == last else f"{self.name}, η = {first} → {last}"

    def eigenvalue(self, table: str | None) -> Curve:
        """The largest eigenvalue of a table, by default of that which the threshold is for, or its ratio to that.

        Of the latter with the values that are tracked between two measurements.
        """
        feed = self.feed
        if table in (None, feed.threshold.table):
            known = sharpness_of(feed)
            return self._curve(known.steps, known.ratios if self.shown.ratio else known.values)
        trace = largest_eigenvalue(feed, table or "", "first")
        values = trace.y
        if self.shown.ratio:
            values = values / at_steps(feed.series[TRAIN.name], "threshold", trace.x)
        return self._curve(trace.x, values)

    def threshold(self, table: str | None) -> Curve:
        """The corners of its staircase; nothing where it is a threshold on something else than the table's matrix."""
        if not self.feed.threshold.is_for(table or self.feed.threshold.table):
            return _NOTHING
        line = threshold_line(self.feed)
        values = np.where(np.isfinite(line.y), 1.0, line.y) if self.shown.ratio else line.y
        steps, values = self._curve(line.x, values)
        corners = np.flatnonzero(np.diff(values, prepend=np.nan) != 0)
        corners = np.union1d(corners, len(steps) - 1) if len(steps) else corners
        return steps[corners], values[corners]

    def loss(self) -> Curve:
        """The loss over all training examples."""
        trace = training_loss(self.feed)
        return self._curve(trace.x, trace.y)

    def predicts(self, table: str) -> bool:
        """Whether the run has rows of a predicted curve."""
        return self.feed.has_rows(table)

    def predicted(self, table: str, column: str) -> Curve:
        """A column of a predicted curve, of several values a row the first; nothing where the run has none."""
        return self._curve(*self._predicted(table, column))

    def predicted_eigenvalue(self, table: str, drawn: str | None) -> Curve:
        """λ1 of a flow, or its ratio to the threshold; nothing beside a `drawn` table that the threshold is not for."""
        if drawn not in (None, self.feed.threshold.table):
            return _NOTHING
        steps, values = self._predicted(table, "eigenvalues")
        if self.shown.ratio and len(steps):
            values = values / at_steps(self.feed.series[TRAIN.name], "threshold", steps)
        return self._curve(steps, values)

    def mean_loss(self) -> Curve:
        """The loss of a run that has predicted curves, as a Gaussian mean over `MEAN_STEPS` steps; else nothing."""
        train = self.feed.series.get(TRAIN.name)
        if train is None or not any(map(self.predicts, FLOWS)) or not has_numbers(train, "loss", wide=False):
            return _NOTHING
        first, means = self.feed.own(Smoothed).means(train, "loss", MEAN_STEPS)
        return self._curve(train["step"][first : first + len(means)], means)

    def _predicted(self, table: str, column: str) -> tuple[Steps, Floats]:
        if not self.predicts(table) or not has_numbers(self.feed.series[table], column):
            return _NOTHING
        steps, values = self.feed.column(table, column)
        values = values[:, 0] if values.ndim == 2 else values
        if not has_numbers(self.feed.series[table], "origin", wide=False):
            return steps, values
        anew = np.flatnonzero(np.diff(self.feed.column(table, "origin")[1])) + 1  # no line joins it to the one before
        return np.insert(steps, anew, steps[anew]), np.insert(values, anew, np.nan)

    def _curve(self, steps: Steps, values: Floats) -> Curve:
        """The part that is shown, over what it is shown over."""
        rows = self.shown.rows(steps)
        return _drawable(self.shown.place(self.feed, steps[rows])), _drawable(values[rows])


def _drawable(values: npt.NDArray[Any]) -> Floats:
    """The values that an axis can have, NaN for the others: matplotlib lays out none that is longer than a float."""
    return np.where(np.abs(values) <= FARTHEST, values, np.nan)


def _is_drawn(table: Table) -> bool:
    """Whether a table has eigenvalues, or is a plane."""
    has_eigenvalues = any(column.name == "eigenvalues" and column.dtype == "float64" for column in table.columns)
    return has_eigenvalues or plane_of(table) is not None


_NOTHING: Curve = (np.empty(0), np.empty(0))


def largest(curves: Iterable[Curve]) -> float:
    """The largest finite value, -Inf where there is none."""
    return max((float(y[np.isfinite(y)].max()) for _, y in curves if np.isfinite(y).any()), default=-np.inf)


def thinned(curve: Curve) -> Curve:
    """At most two values for each of `COLUMNS` equal parts of the curve, its lowest and its highest, in their order.

    A part with a value that is not finite keeps one such value too, which leaves a gap in the line.
    """
    x, y = curve
    if len(x) <= 2 * COLUMNS:
        return curve
    bounds = np.unique(np.searchsorted(x, np.linspace(x[0], x[-1], COLUMNS + 1)[:-1]))
    finite = np.isfinite(y)
    kept = np.zeros(len(x), dtype=np.bool_)
    for begin, end in zip(bounds, [*bounds[1:], len(x)], strict=True):
        there = np.flatnonzero(finite[begin:end]) + begin
        if len(there):
            kept[[there[y[there].argmin()], there[y[there].argmax()]]] = True
        if len(there) < end - begin:
            kept[begin + int(np.argmin(finite[begin:end]))] = True
    return x[kept], y[kept]
