"""What a grid of charts shows: one run, or several for comparison."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from eostui.dashboard.widgets import Chart, HeatStrip, PhasePortrait, Timeline, Trace
from eostui.reading.axes import Axis, AxisName, axis_of
from eostui.reading.charts import DensityPicture, LinePicture, Picture, pictures_of
from eostui.reading.feed import Feed
from eostui.reading.marks import marks_of
from eostui.reading.phase import PhasePicture
from eostui.reading.ratio import Ratios
from eostui.store import TRAIN

Stretch = tuple[float, float]
"""The first and the last step of something."""


class Titled(Protocol):
    """A chart, by the name that programs call it and the title that stands above it."""

    @property
    def name(self) -> str:
        """What programs call it."""

    @property
    def title(self) -> str:
        """What stands above it."""

    @property
    def aside(self) -> bool:
        """Whether it is not shown until the user asks for it."""


class Subject(ABC):
    """Charts, and how each is drawn into a widget."""

    counts_steps = True
    """Whether charts are told of steps, whatever the axis is; else of what the axis counts, as several runs have no
    steps in common there."""

    @abstractmethod
    def pictures(self) -> Sequence[Titled]:
        """The charts that there are by now, the most important one first."""

    @abstractmethod
    def extent(self, axis: AxisName) -> Stretch | None:
        """The first and the newest step, or what the axis counts there; None before the first."""

    @abstractmethod
    def axis(self, name: AxisName) -> Axis:
        """What the charts are drawn over."""

    @abstractmethod
    def panel(self, name: str) -> Timeline:
        """A widget for a chart, which has the name of the chart as its id."""

    @abstractmethod
    def draw(
        self,
        panel: Timeline,
        over: Stretch | None,
        axis: Axis,
        *,
        as_ratio: bool,
        smoothed: bool,
        preview: float | None,
    ) -> None:
        """Draw what is known by now over a stretch of steps into the widget that `panel` made.

        as_ratio: the values as shares of the threshold. smoothed: with the means over rows that a chart has. preview: a
        threshold that is being thought of.
        """


class RunSubject(Subject):
    """The charts of one run."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._ratios = Ratios(feed)

    def pictures(self) -> Sequence[Picture]:
        return pictures_of(self._feed)

    def extent(self, axis: AxisName) -> Stretch | None:
        train = self._feed.series.get(TRAIN.name)
        if train is None or not train.shown:
            return None
        return float(train["step"][0]), float(train["step"][-1])

    def axis(self, name: AxisName) -> Axis:
        return axis_of(name, self._feed)

    def panel(self, name: str) -> Timeline:
        picture = self._picture(name)
        if isinstance(picture, LinePicture):
            chart = picture.chart
            return Chart(chart.title, log_axis=chart.log, symmetric=chart.symmetric, id=chart.name)
        if isinstance(picture, PhasePicture):
            return PhasePortrait(picture.title, picture.chart.across_label, picture.chart.up_label, id=picture.name)
        return HeatStrip(picture.title, "λ", id=picture.name)

    def draw(
        self,
        panel: Timeline,
        over: Stretch | None,
        axis: Axis,
        *,
        as_ratio: bool,
        smoothed: bool,
        preview: float | None,
    ) -> None:
        picture, feed, marks = self._picture(str(panel.id)), self._feed, marks_of(self._feed)
        if isinstance(picture, LinePicture):
            assert isinstance(panel, Chart)
            traces = picture.traces(feed, smoothed=smoothed)
            if preview is not None and math.isfinite(preview) and over is not None:
                traces.append(_proposed(preview, feed.threshold.formula, over))
            panel.entitle(f"{picture.title} ÷ threshold" if as_ratio else picture.title)
            panel.show(self._ratios.of(traces) if as_ratio else traces, marks, over, axis)
        elif isinstance(picture, PhasePicture):
            assert isinstance(panel, PhasePortrait)
            panel.draw_path(picture.path(feed, over), picture.backdrop(feed))
        else:
            assert isinstance(panel, HeatStrip)
            panel.show(picture.densities(feed), picture.reference(feed), marks, over, float(feed.step), axis)

    def _picture(self, name: str) -> Picture:
        return next(picture for picture in self.pictures() if picture.name == name)


def _proposed(threshold: float, formula: str, over: Stretch) -> Trace:
    """The threshold that a step size would have, level through the whole chart, so that no one overlooks it."""
    steps, values = np.array(over), np.full(2, threshold)
    return Trace(f"new {formula}", steps, values, "preview", stepped=True, reference=True, brief="new")


def definition_of(picture: Picture, feed: Feed) -> str:
    """What a chart shows and how it is read, in words."""
    defined = picture.definition(feed)
    return f"{defined}; ↑ ↓ choose the λ that the cursor reads off" if isinstance(picture, DensityPicture) else defined
