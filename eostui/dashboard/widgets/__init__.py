"""Widgets that draw measured series: charts and heat strips over the step, paths, and tiles with a present value."""

from eostui.dashboard.widgets.chart import Chart
from eostui.dashboard.widgets.heat_strip import HeatStrip
from eostui.dashboard.widgets.phase_portrait import PhasePortrait
from eostui.dashboard.widgets.tile import Tile
from eostui.dashboard.widgets.timeline import Timeline
from eostui.reading.densities import Densities
from eostui.reading.trace import Mark, Trace

__all__ = ["Chart", "Densities", "HeatStrip", "Mark", "PhasePortrait", "Tile", "Timeline", "Trace"]
