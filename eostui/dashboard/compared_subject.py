"""Several runs as the subject of a grid of charts."""

from __future__ import annotations

from collections.abc import Sequence

from eostui.dashboard.subject import Stretch, Subject
from eostui.dashboard.widgets import Chart, Timeline
from eostui.reading.axes import Axis, AxisName
from eostui.reading.comparison import ComparedChart, Comparison


class ComparedSubject(Subject):
    """The charts of a comparison."""

    counts_steps = False

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison

    def pictures(self) -> Sequence[ComparedChart]:
        return self._comparison.charts()

    def extent(self, axis: AxisName) -> Stretch | None:
        return self._comparison.extent(axis)

    def axis(self, name: AxisName) -> Axis:
        return self._comparison.axis(name)

    def panel(self, name: str) -> Timeline:
        chart = self._chart(name)
        return Chart(chart.title, log_axis=chart.log, id=chart.name)

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
        assert isinstance(panel, Chart)
        panel.show(self._comparison.traces(self._chart(str(panel.id)), axis.name), (), over, axis)

    def _chart(self, name: str) -> ComparedChart:
        return next(chart for chart in self.pictures() if chart.name == name)
