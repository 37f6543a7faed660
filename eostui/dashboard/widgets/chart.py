"""A chart of series over the step, which repaints only the cells that changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from eostui.dashboard.widgets.canvas import GLYPHS, GlyphName
from eostui.dashboard.widgets.plot import Plot
from eostui.dashboard.widgets.surface import Cells
from eostui.dashboard.widgets.timeline import Timeline
from eostui.dashboard.widgets.view import Area, View
from eostui.reading.trace import Mark, Trace


class Chart(Timeline):
    """Traces over the step, each sample in its place: no spike lost, no gap bridged.

    Example:
        ```python
        chart = Chart("loss", log_axis=True)
        chart.show([Trace("train", steps, losses, ink="loss")], marks=[Mark(120, "η 0.02 → 0.01")])
        ```
    """

    STYLES: ClassVar[tuple[str, ...]] = tuple(
        f"chart--{style}"
        for style in (
            "text",
            "title",
            "muted",
            "value",
            "axis",
            "cursor",
            "mark",
            "trace",
            "loss",
            "batch-loss",
            "test-loss",
            "certified",
            "threshold",
            "first",
            "second",
            "third",
            "faint",
        )
    )
    """Everything that has a colour. The ink "loss" is `chart--loss`; unknown inks are `chart--trace`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(STYLES)

    DEFAULT_CSS = """
    Chart {
        height: 1fr;
        & > .chart--title { text-style: bold; }
        & > .chart--muted, & > .chart--axis, & > .chart--mark { color: $text-muted; }
        & > .chart--cursor { color: $text-warning; }
        & > .chart--trace { color: $text-primary; }
        & > .chart--loss { color: $text-primary; }
        & > .chart--batch-loss { color: $text-primary 50%; }
        & > .chart--test-loss { color: $text-accent; }
        & > .chart--first { color: $text-success; }
        & > .chart--certified { color: $foreground; text-style: bold; }
        & > .chart--threshold { color: $text-error; }
        & > .chart--faint { color: $text-success 50%; }
        & > .chart--second { color: $text-accent; }
        & > .chart--third { color: $text-secondary; }
        &:focus > .chart--title { text-style: bold reverse; }
        &:ansi {
            & > .chart--muted, & > .chart--axis, & > .chart--mark { color: ansi_bright_black; }
            & > .chart--trace, & > .chart--loss { color: ansi_cyan; }
            & > .chart--batch-loss { color: ansi_cyan; text-style: dim; }
            & > .chart--test-loss, & > .chart--second { color: ansi_magenta; }
            & > .chart--first { color: ansi_green; }
            & > .chart--certified { color: ansi_default; text-style: bold; }
            & > .chart--faint { color: ansi_green; text-style: dim; }
            & > .chart--threshold { color: ansi_red; }
            & > .chart--third { color: ansi_yellow; }
        }
    }
    """

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
        self._plot = Plot([style.removeprefix("chart--") for style in self.STYLES])

    @property
    def area(self) -> Area | None:
        return self._plot.area

    def sampled(self) -> tuple[float, float] | None:
        steps = [trace.x for trace in self._view.traces if len(trace.x)]
        return (min(float(x[0]) for x in steps), max(float(x[-1]) for x in steps)) if steps else None

    def show(
        self,
        traces: Sequence[Trace],
        marks: Sequence[Mark] = (),
        x_range: tuple[float, float] | None = None,
    ) -> None:
        """Show traces, the most important one last, and marks, over the steps `x_range` (None: all).

        Series may grow between calls at the cost of their new samples; other changes cost a pass over them.
        """
        self._view = replace(self._view, traces=tuple(traces), marks=tuple(marks), x_range=x_range)
        self.repaint()

    def draw(self, width: int, height: int) -> Cells:
        view = replace(self._view, log=self.log_axis, cursor=self.cursor_step)
        return self._plot.draw(view, GLYPHS[self.glyphs], width, height)
