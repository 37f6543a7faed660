"""A chart of series over the step, which repaints only the cells that changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from eostui.dashboard.widgets.canvas import GLYPHS, GlyphName
from eostui.dashboard.widgets.chart_inks import CHART_CSS, INKS
from eostui.dashboard.widgets.plot import Plot
from eostui.dashboard.widgets.surface import Cells
from eostui.dashboard.widgets.timeline import Timeline
from eostui.dashboard.widgets.view import Area, View
from eostui.reading.axes import STEPS, Axis
from eostui.reading.trace import Mark, Trace


class Chart(Timeline):
    """Traces over the step, each sample in its place: no spike lost, no gap bridged.

    Example:
        ```python
        chart = Chart("loss", log_axis=True)
        chart.show([Trace("train", steps, losses, ink="loss")], marks=[Mark(120, "η 0.02 → 0.01")])
        ```
    """

    STYLES: ClassVar[tuple[str, ...]] = tuple(f"chart--{ink}" for ink in INKS)
    """Everything that has a colour. The ink "loss" is `chart--loss`; unknown inks are `chart--trace`."""

    TINT: ClassVar[str | None] = "chart--tint"

    COMPONENT_CLASSES: ClassVar[set[str]] = set(STYLES)

    DEFAULT_CSS = CHART_CSS

    def __init__(
        self,
        title: str,
        *,
        log_axis: bool = False,
        symmetric: bool = False,
        glyphs: GlyphName = "braille",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(log_axis=log_axis, glyphs=glyphs, name=name, id=id, classes=classes)
        self._view = View(title, symmetric=symmetric)
        self._plot = Plot(INKS)

    @property
    def area(self) -> Area | None:
        return self._plot.area

    def sampled(self) -> tuple[float, float] | None:
        steps = [trace.x for trace in self._view.traces if len(trace.x)]
        return (min(float(x[0]) for x in steps), max(float(x[-1]) for x in steps)) if steps else None

    def entitle(self, title: str) -> None:
        """Have another title from the next `show` on."""
        self._view = replace(self._view, title=title)

    def show(
        self,
        traces: Sequence[Trace],
        marks: Sequence[Mark] = (),
        x_range: tuple[float, float] | None = None,
        axis: Axis = STEPS,
    ) -> None:
        """Show traces, the most important one last, and marks, over the steps `x_range` (None: all) as `axis` counts
        them.

        Series may grow between calls at the cost of their new samples; other changes cost a pass over them.
        """
        self._view = replace(self._view, traces=tuple(traces), marks=tuple(marks), x_range=x_range, axis=axis)
        self.repaint()

    def draw(self, width: int, height: int) -> Cells:
        view = replace(self._view, log=self.log_axis, cursor=self.cursor_step, dress=self.dress)
        return self._plot.draw(view, GLYPHS[self.glyphs], width, height)
