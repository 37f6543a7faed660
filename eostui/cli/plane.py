"""A panel of a figure that is a plane: the paths of runs, over what lies behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from eostui.cli.shown import Shown
from eostui.reading.feed import Feed
from eostui.reading.phase import PhasePicture
from eostui.reading.trace import Floats
from eostui.store import PhaseChart, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BEHIND = "#b8b8b8"
"""The colour of what lies behind."""
SIZE = 1.6
"""The diameter of a point, in points."""
FARTHEST = 1e6
"""What is larger is not drawn: it is on its way to infinity."""
BEYOND = 0.1
"""How far the axes go beyond what lies behind, as a share of it: a run that diverges would leave nothing else."""


def plane_of(table: Table) -> PhaseChart | None:
    """The chart of a plane that a table has; None where it has none."""
    return next((chart for chart in table.charts or () if isinstance(chart, PhaseChart)), None)


def draw_plane(axis: Axes, feeds: Sequence[Feed], table: str, shown: Shown, colours: Sequence[Any]) -> None:
    """Draw the paths of all runs. What lies behind the first run lies behind all: they have one step size, or should.

    Points are drawn as a picture: there may be a hundred thousand.
    """
    charts = [chart for feed in feeds if (chart := plane_of(feed.series[table].table)) is not None]
    pictures = [PhasePicture(table, chart) for chart in charts]
    behind = pictures[0].backdrop(feeds[0])
    dots: dict[str, Any] = {"marker": ".", "linestyle": "", "markeredgewidth": 0, "rasterized": True}
    axis.plot(behind.across, behind.up, color=BEHIND, markersize=SIZE / 2, **dots)
    for picture, feed, colour in zip(pictures, feeds, colours, strict=True):
        path = picture.path(feed)
        rows = shown.rows(path.steps)
        axis.plot(_near(path.across[rows]), _near(path.up[rows]), color=colour, markersize=SIZE, **dots)
    for limit, values in ((axis.set_xlim, behind.across), (axis.set_ylim, behind.up)):
        seen = values[np.isfinite(values)]
        if len(seen):
            room = BEYOND * float(np.ptp(seen))
            limit(float(seen.min()) - room, float(seen.max()) + room)
    axis.set_xlabel(charts[0].across_label)
    axis.set_ylabel(charts[0].up_label)


def _near(values: Floats) -> Floats:
    return np.where(np.abs(values) <= FARTHEST, values, np.nan)
