"""A chart of the run's path through a plane, whose axes are two measured values."""

from __future__ import annotations

from typing import ClassVar

from eostui.dashboard.widgets.canvas import GLYPHS, GlyphName
from eostui.dashboard.widgets.chart_inks import CHART_CSS, INKS
from eostui.dashboard.widgets.phase_plot import PhasePlot, PhaseView
from eostui.dashboard.widgets.surface import Cells
from eostui.dashboard.widgets.timeline import Timeline
from eostui.dashboard.widgets.view import Area
from eostui.reading.phase import NOWHERE, Path


class PhasePortrait(Timeline):
    """A point for each step, over points that lie behind. The cursor goes along the path, step by step.

    The mouse chooses no steps here, because the level axis has none.

    Example:
        ```python
        portrait = PhasePortrait("minimalist example", "ηS", "d")
        portrait.draw_path(Path(steps, products, d))
        ```
    """

    STYLES: ClassVar[tuple[str, ...]] = tuple(f"chart--{ink}" for ink in INKS)
    """Everything that has a colour, under the names of a `Chart`."""

    TINT: ClassVar[str | None] = "chart--tint"

    COMPONENT_CLASSES: ClassVar[set[str]] = set(STYLES)

    DEFAULT_CSS = CHART_CSS.replace("Chart {", "PhasePortrait {", 1)

    def __init__(
        self, title: str, across: str, up: str, *, glyphs: GlyphName = "braille", id: str | None = None
    ) -> None:
        super().__init__(glyphs=glyphs, id=id)
        self._titles = title, across, up
        self._path, self._backdrop = NOWHERE, NOWHERE
        self._plot = PhasePlot(INKS)

    @property
    def area(self) -> Area | None:
        return None

    def sampled(self) -> tuple[float, float] | None:
        steps = self._path.steps
        return (float(steps[0]), float(steps[-1])) if len(steps) else None

    def draw_path(self, path: Path, backdrop: Path = NOWHERE) -> None:
        """Draw a path, over points that lie behind it."""
        self._path, self._backdrop = path, backdrop
        self.repaint()

    def draw(self, width: int, height: int) -> Cells:
        view = PhaseView(*self._titles, self._path, self._backdrop, self.cursor_step, self.dress)
        return self._plot.draw(view, GLYPHS[self.glyphs], width, height)

    def action_move_cursor(self, columns: int) -> None:
        """Move the cursor by steps; from nowhere to the last one."""
        if sampled := self.sampled():
            now = self.cursor_step
            self._move_cursor(sampled[1] if now is None else now + columns)

    def _limits(self) -> tuple[float, float] | None:
        return self.sampled()
