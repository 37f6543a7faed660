"""What stands around a picture over the steps: its border, its axes, and the place that is left for the plot."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eostui.dashboard.widgets.canvas import Glyphs
from eostui.dashboard.widgets.step_ticks import step_ticks
from eostui.dashboard.widgets.surface import Cells
from eostui.dashboard.widgets.view import Area, Dress
from eostui.reading.axes import Axis

SMALLEST = (20, 5)
"""The width and height from which on there is room for a picture."""
ROWS_PER_TICK = 3
"""Rows of cells for each label of the value axis."""

_BOXED = (30, 8)  # from this width and height on the border has sides
_ROOMY = 40  # from this width on all pictures leave the same room for value labels, so that their steps line up
_CELLS_PER_STEP_TICK = 8
_STEP_GAP = 3  # cells between two step labels
_ENDING_ROOM = ((100, 13), (60, 10), (_ROOMY, 6))
"""From a width on, so many cells for the names of lines at their right end; the same for all pictures of a width."""

Style = Callable[[str], int]
"""The number of the style of an ink."""


def is_boxed(width: int, height: int) -> bool:
    """Whether the border goes all around, and is not its upper side alone."""
    return width >= _BOXED[0] and height >= _BOXED[1]


def least_margin(width: int) -> int:
    """How many cells are left for the labels of the value axis at least."""
    return 6 if width >= _ROOMY else 4


def ending_room(width: int) -> int:
    """How many cells at the right are for the names of lines."""
    return next((room for least, room in _ENDING_ROOM if width >= least), 0)


def plot_area(width: int, height: int, margin: int, window: tuple[float, float], axis: Axis, rug: bool = False) -> Area:
    """Where the plot lies within its border, with `margin` cells for labels of values, and a row for a rug or none."""
    side = int(is_boxed(width, height))
    left = side + margin + 1
    return Area(left, 1, width - left - ending_room(width) - side, height - 2 - rug, *window, axis)


def draw_border(cells: Cells, glyphs: Glyphs, dress: Dress, style: Style) -> None:
    """The border; the headline is written over its upper side, the steps over its lower one."""
    top_left, top_right, bottom_left, bottom_right, level, upright = list(glyphs.border)
    ink = style("focus" if dress.focused else "frame")
    right, bottom = cells.width - 1, cells.height - 1
    cells.fill(0, 0, cells.width, level, ink)
    if not is_boxed(cells.width, cells.height):
        return
    cells.fill(0, bottom, cells.width, level, ink)
    cells.characters[1:bottom, [0, right]] = upright
    cells.styles[1:bottom, [0, right]] = ink
    for x, y, corner in (
        (0, 0, top_left),
        (right, 0, top_right),
        (0, bottom, bottom_left),
        (right, bottom, bottom_right),
    ):
        cells.write(x, y, corner, ink)


def draw_value_axis(
    cells: Cells, glyphs: Glyphs, area: Area, labels: Sequence[str], rows: Sequence[int], style: Style
) -> None:
    """The value axis, with labels in some of the area's rows."""
    axis, x = style("axis"), area.left - 1
    cells.characters[area.top : area.bottom, x] = glyphs.axis
    cells.styles[area.top : area.bottom, x] = axis
    for label, row in zip(labels, rows, strict=True):
        cells.write(x - len(label), area.top + row, label, axis)
        cells.write(x, area.top + row, glyphs.tick, axis)


def draw_step_axis(cells: Cells, area: Area, style: Style) -> None:
    """The steps below the area, in the lower side of the border where there is one."""
    axis, y = style("axis"), cells.height - 1
    side = int(is_boxed(cells.width, cells.height))
    name = area.axis.label[: area.left - 1 - side]
    cells.write(area.left - 1 - len(name), y, name, axis)
    for most in range(max(2, area.width // _CELLS_PER_STEP_TICK), 1, -1):
        ticks = step_ticks(area.axis, area.start, area.stop, most)
        labels = [label for _, label in ticks]
        starts = []
        for tick, label in ticks:
            middle = area.column(tick) or area.left
            starts.append(min(max(middle - (len(label) - 1) // 2, area.left), cells.width - side - len(label)))
        ends = [start + len(label) for start, label in zip(starts, labels, strict=True)]
        if all(after - end >= _STEP_GAP for end, after in zip(ends[:-1], starts[1:], strict=True)):
            break
    for start, label in zip(starts, labels, strict=True):
        cells.write(start, y, label, axis)
