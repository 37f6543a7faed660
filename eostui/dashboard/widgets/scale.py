"""The value axis: which range it shows, and where on it a value lies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from eostui.dashboard.widgets.ticks import linear_ticks, log_ticks, round_up
from eostui.reading.trace import Floats

_LARGEST = 1e300  # what is beyond is drawn there: the width of a range must not overflow
_SMALLEST = 1e-300
_DECADE = 10.0**0.5  # on either side of a single value
_FINEST = 1e-4  # of its values: the labels of a narrower range would not fit


def axis_units(values: Floats, log: bool) -> Floats:
    """Values (positive ones if `log`) in the units in which the axis is linear; NaN stays NaN."""
    if log:
        return np.log10(np.clip(values, _SMALLEST, _LARGEST))
    return np.clip(values, -_LARGEST, _LARGEST)


@dataclass(frozen=True)
class Scale:
    """The range [low, high] of a linear or a logarithmic axis."""

    low: float
    high: float
    log: bool

    @classmethod
    def fit(cls, low: float, high: float, log: bool) -> Scale:
        """A range with round ends around the data's; `low` > 0 for a logarithmic axis.

        A single value says nothing of its neighbours: it is shown with zero, or within some decades.
        """
        low, high = (float(np.clip(v, _SMALLEST if log else -_LARGEST, _LARGEST)) for v in (low, high))
        magnitude = max(abs(low), abs(high))
        if magnitude == 0:
            low, high = -1.0, 1.0
        elif low == high:
            low, high = (low / _DECADE, high * _DECADE) if log else (min(0.0, 2 * low), max(0.0, 2 * high))
        elif high - low < _FINEST * magnitude:
            low, high = low - _FINEST * magnitude, high + _FINEST * magnitude
        if log and high > 5 * low:
            return cls(1 / round_up(1 / low), round_up(high), log)  # 1, 2, 5 are 1, 1/2, 1/5 times powers of ten
        quantum = round_up((high - low) / 16)
        return cls(math.floor(low / quantum + 1e-6) * quantum, math.ceil(high / quantum - 1e-6) * quantum, log)

    def holds(self, low: float, high: float) -> bool:
        """The data lie inside and still use half of the axis, so that it can stay as it is."""
        if not self.low <= low <= high <= self.high:
            return False
        bottom, top = axis_units(np.array([low, high]), self.log)
        floor, ceiling = self._ends
        return bool(top - bottom >= 0.5 * (ceiling - floor))

    @cached_property
    def _ends(self) -> tuple[float, float]:
        """Both ends in units of the axis."""
        floor, ceiling = axis_units(np.array([self.low, self.high]), self.log)
        return float(floor), float(ceiling)

    def rows(self, positions: Floats, count: int) -> Floats:
        """How many of `count` rows from the top down lie `positions` in units of the axis; NaN stays NaN."""
        floor, ceiling = self._ends
        rows: Floats = (ceiling - positions) * ((count - 1) / (ceiling - floor))
        return rows

    def row(self, value: float, count: int) -> int:
        """In which of `count` rows, counted from the top, lies `value`."""
        return round(float(self.rows(axis_units(np.array([value]), self.log), count)[0]))

    def ticks(self, most: int) -> list[float]:
        return (log_ticks if self.log else linear_ticks)(self.low, self.high, most)
