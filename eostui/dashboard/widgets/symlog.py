"""A value axis for numbers of both signs and of many sizes: linear around zero, logarithmic away from it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from eostui.dashboard.widgets.ticks import linear_ticks, round_up
from eostui.reading.trace import Floats

_LARGEST = 1e300
_DECADES = 2  # that the logarithmic part has below the largest value
_ROWS_BETWEEN_LABELS = 2


@dataclass(frozen=True)
class SymlogScale:
    """The range [low, high] of an axis with λ at sign(λ)·log(1 + |λ|/linear): below `linear` in size it is about
    linear, beyond it logarithmic; linear throughout where `linear` is infinite."""

    low: float
    high: float
    linear: float

    @classmethod
    def fit(cls, low: float, high: float, log: bool) -> SymlogScale:
        """A range around the data's and zero with round ends; linear throughout unless `log`."""
        low, high = (float(np.clip(value, -_LARGEST, _LARGEST)) for value in (min(low, 0.0), max(high, 0.0)))
        largest = max(-low, high)
        if largest < 1 / _LARGEST:
            return cls(-1.0, 1.0, math.inf)
        linear = round_up(largest, (1.0, 10.0)) / 10.0 ** (_DECADES + 1) if log else math.inf
        ends = (-low, high)
        # what is much smaller than the other end is given some room, or its label would be larger than its part
        bottom, top = (round_up(end) if end > largest / 10.0 ** (_DECADES + 2) else 0.0 for end in ends)
        bottom, top = (max(end, room) for end, room in zip((bottom, top), ends, strict=True))
        return cls(-bottom, top, linear)

    def holds(self, low: float, high: float) -> bool:
        """The data lie inside and still use half of the axis, so that it can stay as it is."""
        if not self.low <= low <= high <= self.high:
            return False
        bottom, top, floor, ceiling = self.positions(np.array([min(low, 0.0), max(high, 0.0), self.low, self.high]))
        return bool(top - bottom >= 0.5 * (ceiling - floor))

    def positions(self, values: Floats) -> Floats:
        """Where values lie in the units in which the axis is even."""
        if math.isinf(self.linear):
            return values
        return np.copysign(np.log10(1 + np.abs(values) / self.linear), values)

    def edges(self, bins: int) -> Floats:
        """(bins + 1,) ascending values between the bins of an axis of so many even ones."""
        floor, ceiling = self.positions(np.array([self.low, self.high]))
        even = np.linspace(floor, ceiling, bins + 1)
        if math.isinf(self.linear):
            return even
        return np.copysign(self.linear * (10.0 ** np.abs(even) - 1), even)

    def row(self, value: float, rows: int) -> int:
        """In which of `rows` even rows, counted from the top, lies `value`; the nearest for one beyond an end."""
        place, floor, ceiling = self.positions(np.array([value, self.low, self.high]))
        return int(np.clip((ceiling - place) / (ceiling - floor) * rows, 0, rows - 1))

    def ticks(self, rows: int) -> list[float]:
        """Round values, the ends and zero first, no two nearer to each other than can be read in so many rows."""
        if math.isinf(self.linear):
            candidates = linear_ticks(self.low, self.high, max(2, 1 + rows // _ROWS_BETWEEN_LABELS))
        else:
            top = math.ceil(math.log10(max(-self.low, self.high)))
            powers = [float(f"1e{power}") for power in range(top, top - 2 * _DECADES, -1)]
            candidates = [0.0, *(sign * power for power in powers for sign in (1, -1))]
        taken: dict[int, float] = {}
        for tick in candidates:
            row = self.row(tick, rows)
            near = range(row - _ROWS_BETWEEN_LABELS + 1, row + _ROWS_BETWEEN_LABELS)
            if self.low <= tick <= self.high and not any(other in taken for other in near):
                taken[row] = tick
        return [taken[row] for row in sorted(taken)]
