"""Widgets that draw measured series: charts over the step, and tiles with a present value."""

from eostui.dashboard.widgets.chart import Chart
from eostui.dashboard.widgets.frugal_screen import FrugalScreen
from eostui.dashboard.widgets.tile import Tile
from eostui.dashboard.widgets.trace import Mark, Trace

__all__ = ["Chart", "FrugalScreen", "Mark", "Tile", "Trace"]
