"""What the charts of a run show: traces and distributions, with the words that define them.

The tables of a run say themselves what is drawn of them (`store.Chart`). This module turns that into arrays, adds what
no single table knows (the threshold, values tracked between two measurements, eigenvalues followed beyond the first
ones), and has a default for tables that say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from eostui.reading.curves import has_numbers, threshold_line
from eostui.reading.densities import Densities
from eostui.reading.feed import Feed
from eostui.reading.threshold import CURVATURES, MATRICES
from eostui.reading.trace import Floats, Steps, Trace
from eostui.store import FULL_BATCH, TEST, TRAIN, Chart, DensityChart, Line, LineChart, Table

EIGENVALUES = "eigenvalues"
"""The column that a spectrum has."""

_DRAWN_ELSEWHERE = (TRAIN.name, TEST.name, FULL_BATCH.name, "events", "followed", "tracked", "timing")
"""Tables that have no chart of their own: the losses share one, and others belong to the charts of spectra."""
_SUPPLEMENTARY = ("time", "residual", "residuals", "error", "errors", "standard_error")
"""Columns of floats that say something about the measurement, and are not what was measured."""

_TRACKED = (
    "; ● where the solver certified λ1, and the line between them is tracked: the Rayleigh quotient of the eigenvector "
    "that is followed, a lower bound of λ1; “not certified” says that the derivatives behind it have failed their "
    "check, or that the loss is no function of the weights"
)


@dataclass(frozen=True)
class _Named:
    """A chart of a table, by the names that it has."""

    table: str
    chart: Chart

    @property
    def name(self) -> str:
        """What programs call it."""
        return self.chart.name

    @property
    def title(self) -> str:
        """What stands above it."""
        return self.chart.title


@dataclass(frozen=True)
class LinePicture(_Named):
    """A chart of lines over the step, for the run of a feed."""

    chart: LineChart

    def drawable(self, feed: Feed) -> bool:
        """Whether the run has the columns that it needs."""
        return all(has_numbers(feed.series.get(self.table), column) for column in self.chart.columns)

    def traces(self, feed: Feed) -> list[Trace]:
        """What to draw, the most important trace last."""
        reference = [threshold_line(feed)] if feed.threshold.is_for(self.chart.compared_with) else []
        faint, strong = [], []
        for line in self._lines(feed):
            *others, first = self._traces_of(line, feed)
            faint += others
            strong.append(first)
            if line.column == EIGENVALUES and self._is_tracked(feed):
                strong[-1:] = self._tracked(first, line, feed)
        return [*faint, *reference, *strong]

    def definition(self, feed: Feed) -> str:
        """What it shows, in words."""
        meanings = "".join(line.meaning for line in self._lines(feed))
        return f"{self.chart.definition}{meanings}{_TRACKED * self._is_tracked(feed)}{_against(self, feed)}"

    def _lines(self, feed: Feed) -> list[Line]:
        """The lines that the run has the rows for."""
        return [line for line in self.chart.lines if not line.table or _has_rows(feed, line.table, line.column)]

    def _traces_of(self, line: Line, feed: Feed) -> Iterator[Trace]:
        """The traces of one line, the first value of each row last."""
        steps, values = feed.column(line.table or self.table, line.column)
        values = np.abs(values) if line.absolute else values
        if line.first_only and values.ndim == 2:
            values = values[:, 0]
        if values.ndim == 1:
            yield Trace(line.label, steps, values, line.ink, sparse=line.sparse, brief=line.brief)
            return
        at, others = (self._followed(feed) if line.column == EIGENVALUES else None) or (steps, values)
        for index in reversed(_measured(others)):
            yield Trace(f"{line.label}{index + 1}", at, others[:, index], "faint", sparse=True)
        doubt = " not certified" * (line.column == EIGENVALUES and feed.doubtful(self.table))
        yield Trace(f"{line.label}1{doubt}", steps, values[:, 0], line.ink, sparse=line.sparse)

    def _followed(self, feed: Feed) -> tuple[Steps, Floats] | None:
        """All eigenvalues near the threshold, where they were followed and are those of this table's matrix."""
        if self.table != feed.threshold.table or not _has_rows(feed, "followed", EIGENVALUES, wide=True):
            return None
        return feed.column("followed", EIGENVALUES)

    def _is_tracked(self, feed: Feed) -> bool:
        drawn = any(line.column == EIGENVALUES and not line.table for line in self.chart.lines)
        return drawn and feed.tracked == self.table and feed.has_rows("tracked")

    def _tracked(self, certified: Trace, line: Line, feed: Feed) -> list[Trace]:
        """The tracked line, and the certified values as points on it."""
        doubt = feed.doubtful(self.table)
        name = f"{line.label}1"
        between = Trace(f"{name} tracked", *feed.column("tracked", "sharpness"), line.ink, brief="tracked")
        label = f"{name} {'not certified' if doubt else 'certified'}"
        points = Trace(label, certified.x, certified.y, "certified", points=True, brief=name + "?" * doubt)
        return [between, points]


@dataclass(frozen=True)
class DensityPicture(_Named):
    """A chart of a distribution over the step, for the run of a feed."""

    chart: DensityChart

    def drawable(self, feed: Feed) -> bool:
        """Whether the run has the columns that it needs."""
        return all(has_numbers(feed.series.get(self.table), column, wide=True) for column in self.chart.columns)

    def densities(self, feed: Feed) -> Densities:
        """The distributions so far."""
        rows = feed.series[self.table]
        return Densities(rows["step"], rows[self.chart.nodes], rows[self.chart.weights])

    def reference(self, feed: Feed) -> Trace | None:
        """The threshold, where it is for the matrix of the distribution."""
        return threshold_line(feed) if feed.threshold.is_for(self.chart.compared_with) else None

    def definition(self, feed: Feed) -> str:
        """What it shows, in words."""
        return self.chart.definition + _against(self, feed)


Picture = LinePicture | DensityPicture


def pictures_of(feed: Feed) -> list[Picture]:
    """The charts of a run, in their order; the two that every run has while nothing is known of it."""
    loss = LinePicture(TRAIN.name, _loss_chart(feed))
    if not feed.series:
        return [LinePicture("hessian", _spectrum_chart("hessian")), loss]
    there = [
        LinePicture(name, chart) if isinstance(chart, LineChart) else DensityPicture(name, chart)
        for name, series in feed.series.items()
        for chart in _charts_of(series.table)
    ]
    first = [picture for name in MATRICES for picture in there if picture.table == name]
    named: dict[str, Picture] = {}
    for picture in [*first, loss, *(picture for picture in there if picture not in first)]:
        if picture.drawable(feed):
            named.setdefault(picture.name, picture)
    return list(named.values())


def _charts_of(table: Table) -> tuple[Chart, ...]:
    """What is drawn of a table: as it says itself, and elsewhere what suits its columns."""
    if table.charts is not None:
        return table.charts
    if table.name in _DRAWN_ELSEWHERE:
        return ()
    columns = {column.name: column for column in table.columns if column.dtype == "float64"}
    wide = [name for name, column in columns.items() if column.width is not None]
    if EIGENVALUES in wide:
        return (_spectrum_chart(table.name),)
    name, title = table.name.replace("_", "-"), table.name.replace("_", " ").capitalize()
    if wide == ["nodes", "weights"]:
        return (DensityChart(name, title, table.description, *wide),)
    lines = tuple(
        Line(column, column.replace("_", " "), ink)
        for column, ink in zip((c for c in columns if c not in _SUPPLEMENTARY), _INKS, strict=False)
    )
    return (LineChart(name, title, table.description, lines[::-1]),) if lines else ()


_INKS = ("first", "second", "third", *["faint"] * 5)
"""What the lines of a table that says nothing are drawn with; there are no more lines than these."""


def _spectrum_chart(table: str) -> LineChart:
    """The chart of eigenvalues in a table that says nothing of how it is drawn."""
    name = "sharpness" if table == "hessian" else table.replace("_", "-")
    title = {"hessian": "Sharpness", "preconditioned": "Preconditioned sharpness", "gauss_newton": "Gauss–Newton"}
    return LineChart(
        name,
        title.get(table, table.replace("_", " ").capitalize()),
        f"λ1, the {CURVATURES.get(table, f'largest eigenvalue of the table {table}')}, λ2, …",
        (Line(EIGENVALUES, "λ", "first" if table in MATRICES else "second"),),
        compared_with="preconditioned" if table == "preconditioned" else "hessian",
    )


def _loss_chart(feed: Feed) -> LineChart:
    """The losses of the step's examples, of the whole training set and of the test set, where they were measured."""
    test = Line("loss", "test", "test-loss", table=TEST.name, meaning=", test loss where it was measured")
    shown = "training loss at every step"
    lines: tuple[Line, ...] = (test, Line("loss", "train", "loss"))
    if feed.minibatch:
        shown = "loss of the minibatch at every step, loss over the full batch where it was measured"
        full = Line("loss", "full batch", "loss", table=FULL_BATCH.name)
        lines = (test, Line("loss", "minibatch", "batch-loss"), full)
    return LineChart("loss", "Loss", shown, lines, log=True)


def _has_rows(feed: Feed, table: str, column: str, *, wide: bool | None = None) -> bool:
    return feed.has_rows(table) and has_numbers(feed.series[table], column, wide=wide)


def _measured(values: Floats) -> list[int]:
    """Which columns of (n, k) values, the first one aside, were ever measured."""
    if not len(values):
        return []
    there: list[int] = (np.flatnonzero(~np.isnan(values[:, 1:]).all(axis=0)) + 1).tolist()
    return there


def _against(picture: Picture, feed: Feed) -> str:
    """What the line of the threshold is, where there is one."""
    threshold = feed.threshold
    if not threshold.is_for(picture.chart.compared_with):
        return ""
    if isinstance(picture, DensityPicture):
        return f"; dashed, {threshold.formula}"
    line = "reference line" if threshold.reference else "stability threshold"
    return f"; dashed, the {line} {threshold.formula}, with ↑ where that is above the chart"
