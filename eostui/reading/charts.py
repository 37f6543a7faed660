"""What the charts of a run show: traces and distributions, with the words that define them.

The tables of a run say themselves what is drawn of them (`store.Chart`). This module turns that into arrays, adds what
no single table knows (the threshold, values tracked between two measurements, eigenvalues followed beyond the first
ones), and has a default for tables that say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from eostui.reading.curves import has_numbers, threshold_line
from eostui.reading.densities import Densities
from eostui.reading.feed import Feed
from eostui.reading.named_chart import NamedChart
from eostui.reading.phase import PhasePicture
from eostui.reading.prediction import prediction_of
from eostui.reading.smoothed import Smoothed
from eostui.reading.spectrum import lines_of_modes, lower_lines, numbered
from eostui.reading.stabilization import HESSIAN, predicted_cycle
from eostui.reading.threshold import CURVATURES, MATRICES
from eostui.reading.trace import MODES, Floats, Steps, Trace
from eostui.store import FULL_BATCH, TEST, TRAIN, Chart, DensityChart, Line, LineChart, Table

EIGENVALUES = "eigenvalues"
"""The column that a spectrum has."""

_DRAWN_ELSEWHERE = (TRAIN.name, TEST.name, FULL_BATCH.name, "events", "followed", "tracked", "timing")
"""Tables that have no chart of their own: the losses share one, and others belong to the charts of spectra."""
_SUPPLEMENTARY = ("time", "residual", "residuals", "error", "errors", "standard_error")
"""Columns of floats that say something about the measurement, and are not what was measured."""

_TRACKED = (
    "; λ₁ is tracked, the Rayleigh quotient of the eigenvector that is followed, a lower bound of the largest "
    "eigenvalue, which the solver certified where there is a tick below the plot; “not certified” says that the "
    "derivatives behind it have failed their check, or that the loss is no function of the weights"
)


_CYCLE = (
    "; predicted cycle: S as self-stabilization has it go round from a measurement a period ago, by "
    "x ← −(1 + ηy)x and y ← y + η(α − βx²/2), y = S − 2/η"
)
_LEVEL_FOR = {"loss-curvature": ("mse",)}
"""The losses for which a chart is one number throughout: ½‖f − y‖² curves alike everywhere."""


@dataclass(frozen=True)
class LinePicture(NamedChart):
    """A chart of lines over the step, for the run of a feed."""

    chart: LineChart

    def drawable(self, feed: Feed) -> bool:
        """Whether the run has the columns that it needs, and they say anything."""
        if feed.config.get("loss") in _LEVEL_FOR.get(self.name, ()):
            return False
        if self.chart.awaited and not feed.has_rows(self.table):
            return False
        return all(has_numbers(feed.series.get(self.table), column) for column in self.chart.columns)

    def traces(self, feed: Feed, *, smoothed: bool = True) -> list[Trace]:
        """What to draw, the most important trace last, and certified values after it.

        Lines that are means over rows are among them where `smoothed` says so.
        """
        reference = [threshold_line(feed)] if feed.threshold.is_for(self.chart.compared_with) else []
        faint, strong, certified = [], [], []
        for line in self._lines(feed):
            if line.smooth and not smoothed:
                continue
            *others, first = self._traces_of(line, feed)
            faint += others
            if line.column == EIGENVALUES and not line.table:
                certified.append(self._certified(feed, first))
                first = self._tracked(first, feed)
            strong.append(first)
        cycle = self._cycle(feed)
        return [*faint, *([] if cycle is None else [cycle]), *reference, *strong, *certified]

    def definition(self, feed: Feed) -> str:
        """What it shows, in words."""
        meanings = "".join(line.meaning for line in self._lines(feed))
        cycle = _CYCLE * (self._cycle(feed) is not None)
        if self.name == "mean-loss" and (predicted := prediction_of(feed)):
            meanings += f"; {predicted}"
        return f"{self.chart.definition}{meanings}{_TRACKED * self._is_tracked(feed)}{cycle}{_against(self, feed)}"

    def _cycle(self, feed: Feed) -> Trace | None:
        """The cycle of the sharpness that self-stabilization predicts, where it is measured."""
        return predicted_cycle(feed) if self.table == HESSIAN == feed.threshold.table else None

    def _lines(self, feed: Feed) -> list[Line]:
        """The lines that the run has the rows for."""
        return [line for line in self.chart.lines if not line.table or _has_rows(feed, line.table, line.column)]

    def _traces_of(self, line: Line, feed: Feed) -> Iterator[Trace]:
        """The traces of one line, the first value of each row last."""
        steps, values = feed.column(line.table or self.table, line.column)
        if line.smooth:
            series = feed.series[line.table or self.table]
            first, values = feed.own(Smoothed).means(series, line.column, line.smooth)
            steps = steps[first : first + len(values)]
        values = np.abs(values) if line.absolute else values
        if line.first_only and values.ndim == 2:
            values = values[:, 0]
        if values.ndim == 1:
            yield Trace(line.label, steps, values, line.ink, sparse=line.sparse, brief=line.brief)
            return
        if line.column != EIGENVALUES:
            yield from (replace(trace, ink="faint") for trace in lower_lines(line.label, steps, values))
            yield Trace(numbered(line.label, 1), steps, values[:, 0], line.ink, sparse=line.sparse)
            return
        yield from self._lower(line, feed, steps, values)
        name, doubt = numbered(line.label, 1), feed.doubtful(self.table)
        label, brief = (f"{name} not certified", f"{name}?") if doubt else (name, "")
        yield Trace(label, steps, values[:, 0], MODES[0], sparse=line.sparse, brief=brief)

    def _lower(self, line: Line, feed: Feed, steps: Steps, values: Floats) -> list[Trace]:
        """All eigenvalues but the first: those near the threshold where they were followed and are of this matrix."""
        if self.table != feed.threshold.table or not _has_rows(feed, "followed", EIGENVALUES, wide=True):
            return lower_lines(line.label, steps, values)
        at, followed = feed.column("followed", EIGENVALUES)
        if "modes" in feed.series["followed"]:
            modes = feed.column("followed", "modes")[1]
            if modes.shape == followed.shape and modes.dtype == np.int64:
                return lines_of_modes(line.label, at, followed, modes)
        return lower_lines(line.label, at, followed)

    def _is_tracked(self, feed: Feed) -> bool:
        drawn = any(line.column == EIGENVALUES and not line.table for line in self.chart.lines)
        return drawn and feed.tracked == self.table and feed.has_rows("tracked")

    def _tracked(self, first: Trace, feed: Feed) -> Trace:
        """The first eigenvalue as it is tracked between two measurements, where it is."""
        if not self._is_tracked(feed):
            return first
        steps, values = feed.column("tracked", "sharpness")
        return replace(first, x=steps, y=values)

    def _certified(self, feed: Feed, first: Trace) -> Trace:
        """The certified values of the first eigenvalue; they have an entry of their own beside tracked ones."""
        rows = feed.certified(self.table)
        known = rows[len(rows) - len(first.x) :]
        return Trace("cert" * self._is_tracked(feed), first.x[known], first.y[known], "certified", points=True)


@dataclass(frozen=True)
class DensityPicture(NamedChart):
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


Picture = LinePicture | DensityPicture | PhasePicture


def pictures_of(feed: Feed) -> list[Picture]:
    """The charts of a run, in their order; the two that every run has while nothing is known of it."""
    loss = LinePicture(TRAIN.name, _loss_chart(feed))
    if not feed.series:
        return [LinePicture("hessian", _spectrum_chart("hessian")), loss]
    there = [_picture(name, chart) for name, series in feed.series.items() for chart in _charts_of(series.table)]
    first = [picture for name in MATRICES for picture in there if picture.table == name]
    named: dict[str, Picture] = {}
    for picture in [*first, loss, *(picture for picture in there if picture not in first)]:
        if picture.drawable(feed):
            named.setdefault(picture.name, picture)
    return list(named.values())


def _picture(table: str, chart: Chart) -> Picture:
    match chart:
        case LineChart():
            return LinePicture(table, chart)
        case DensityChart():
            return DensityPicture(table, chart)
    return PhasePicture(table, chart)


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
        f"λ₁, the {CURVATURES.get(table, f'largest eigenvalue of the table {table}')}, λ₂, …",
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


def _against(picture: LinePicture | DensityPicture, feed: Feed) -> str:
    """What the line of the threshold is, where there is one."""
    threshold = feed.threshold
    if not threshold.is_for(picture.chart.compared_with):
        return ""
    if isinstance(picture, DensityPicture):
        return f"; dashed, {threshold.formula}"
    line = "reference line" if threshold.reference else "stability threshold"
    return f"; the level line is the {line} {threshold.formula}, with ↑ where that is above the chart"
