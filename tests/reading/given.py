"""A feed of series that a test has made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eostui.reading.feed import Feed, Notice
from eostui.reading.series import Series


class GivenFeed(Feed):
    """Shows what it is given."""

    def __init__(self, series: dict[str, Series], config: Mapping[str, Any], environment: Mapping[str, Any]) -> None:
        super().__init__()
        self.series, self.config, self.environment = series, config, environment

    def poll(self) -> list[Notice]:
        return []

    def close(self) -> None:
        """Nothing is held open."""
