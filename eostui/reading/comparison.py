"""Several runs in the same charts, over the step or over what makes them comparable, such as η·step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from eostui.reading.axes import LOG_STEPS, STEPS, Axis, AxisName, axis_of
from eostui.reading.curves import has_numbers, training_loss
from eostui.reading.feed import Feed
from eostui.reading.sharpness import sharpness_of
from eostui.reading.trace import Trace
from eostui.store import TEST, TRAIN

MOST = 24
"""Runs at once: more cannot be told apart."""
RUN_INKS = ("mode-1", "mode-10", "second", "mode-5", "third", "mode-8", "mode-3", "loss")
"""What the runs are drawn with, in their order; more runs than these begin again."""

_AXES: dict[AxisName, Axis] = {
    "step": STEPS,
    "log-step": LOG_STEPS,
    "time": Axis("time", "time", "seconds"),
    "eta-step": Axis("eta-step", "η·step", "plain"),
}
"""What the charts are over; times and sums of step sizes are counted before anything is drawn."""


@dataclass(frozen=True)
class ComparedChart:
    """One chart of several runs: its name, its title, whether its values are on a logarithmic scale, its definition,
    and the curve of one run in it."""

    name: str
    title: str
    log: bool
    definition: str
    curve: Callable[[Feed], Trace | None]
    edge: bool = False
    """Whether the edge of stability is drawn, at 1."""
    aside = False
    """All of these are shown without being asked for."""


class Comparison:
    """What the charts of several runs show. `feeds` are two or more; a run is called by its name."""

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self.feeds = feeds

    def charts(self) -> list[ComparedChart]:
        """The charts that at least one of the runs has a curve for, the ratio to the threshold first."""
        there = [chart for chart in CHARTS if any(chart.curve(feed) is not None for feed in self.feeds)]
        return there or [chart for chart in CHARTS if chart.name == "loss"]

    def axis(self, name: AxisName) -> Axis:
        """What the charts are over."""
        return _AXES[name]

    def extent(self, axis: AxisName) -> tuple[float, float] | None:
        """Where the first run begins and the last one ends, on an axis; None while no run has a step."""
        ends = [
            _counted(feed, axis, rows["step"][[0, -1]])
            for feed in self.feeds
            if (rows := feed.series.get(TRAIN.name)) is not None and rows.shown
        ]
        return (float(min(end[0] for end in ends)), float(max(end[1] for end in ends))) if ends else None

    def traces(self, chart: ComparedChart, axis: AxisName) -> list[Trace]:
        """The curves of a chart, the first run last, which is drawn over the others."""
        traces = []
        for number, feed in enumerate(self.feeds):
            curve = chart.curve(feed)
            if curve is not None:
                x = _counted(feed, axis, curve.x)
                traces.append(replace(curve, label=feed.name, x=x, ink=ink_of(number)))
        extent = self.extent(axis)
        if chart.edge and extent is not None:
            edge = Trace("edge", np.array(extent), np.ones(2), "threshold", stepped=True, reference=True)
            traces.append(edge)
        return traces[::-1]


def ink_of(number: int) -> str:
    """What the run with a number, counted from 0, is drawn with."""
    return RUN_INKS[number % len(RUN_INKS)]


def _counted(feed: Feed, axis: AxisName, steps: np.ndarray) -> np.ndarray:
    """What an axis counts at some steps of a run; the steps themselves where the charts do the counting."""
    if axis in ("step", "log-step"):
        return steps
    return axis_of(axis, feed).forward(steps)


def _ratio(feed: Feed) -> Trace | None:
    known = sharpness_of(feed)
    ratios = known.ratios
    if not len(ratios) or np.isnan(known.thresholds).all():
        return None
    return Trace("S/threshold", known.steps, ratios, "first")


def _sharpness(feed: Feed) -> Trace | None:
    known = sharpness_of(feed)
    return Trace("S", known.steps, known.values, "first") if len(known.steps) else None


def _loss(feed: Feed) -> Trace | None:
    curve = training_loss(feed)
    return curve if len(curve.x) else None


def _test_loss(feed: Feed) -> Trace | None:
    rows = feed.series.get(TEST.name)
    if rows is None or not rows.shown or not has_numbers(rows, "loss", wide=False):
        return None
    return Trace("test loss", *feed.column(TEST.name, "loss"), "first")


def _step_size(feed: Feed) -> Trace | None:
    if not has_numbers(feed.series.get(TRAIN.name), "lr", wide=False) or not feed.has_rows(TRAIN.name):
        return None
    return Trace("η", *feed.column(TRAIN.name, "lr"), "first", stepped=True)


CHARTS = (
    ComparedChart(
        "ratio", "S ÷ threshold", False, "the sharpness of each run as a share of its own threshold", _ratio, edge=True
    ),
    ComparedChart("loss", "Loss", True, "the training loss of each run", _loss),
    ComparedChart("sharpness", "Sharpness", False, "the sharpness that each run's threshold is for", _sharpness),
    ComparedChart("test-loss", "Test loss", True, "the loss on each run's test set", _test_loss),
    ComparedChart("step-size", "Step size η", True, "the step size in force", _step_size),
)
