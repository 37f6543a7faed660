"""A chart of a table, by the names that it has."""

from __future__ import annotations

from dataclasses import dataclass

from eostui.store import Chart, LineChart


@dataclass(frozen=True)
class NamedChart:
    """A chart, and the table that it is drawn of."""

    table: str
    chart: Chart

    @property
    def name(self) -> str:
        """What programs call it."""
        return self.chart.name

    @property
    def title(self) -> str:
        """What stands above it."""
        return self.chart.title

    @property
    def aside(self) -> bool:
        """Whether it is not shown until the user asks for it."""
        return isinstance(self.chart, LineChart) and self.chart.aside
