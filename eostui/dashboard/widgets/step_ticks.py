"""The numbers along the steps: whole steps, powers of ten, minutes and hours, or what the step sizes add up to."""

from __future__ import annotations

import math
from collections.abc import Sequence

from eostui.dashboard.widgets.ticks import format_ticks, linear_ticks, log_ticks, whole_ticks
from eostui.reading.axes import Axis

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
_ROUND_SECONDS = (
    *(1.0, 2.0, 5.0, 10.0, 15.0, 30.0),
    *(minutes * _MINUTE for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * _HOUR for hours in (1, 2, 3, 6, 12)),
)
"""Distances of ticks in time, below a day."""

Tick = tuple[float, str]
"""A step and what is written there."""


def step_ticks(axis: Axis, start: float, stop: float, most: int) -> list[Tick]:
    """At most `most` >= 2 ticks from step `start` to step `stop`, in units of the axis."""
    if axis.kind == "whole":
        steps = whole_ticks(start, stop, most)
        return list(zip(steps, format_ticks(steps, log=False), strict=True))
    if axis.kind == "decades":
        powers = [tick for tick in log_ticks(max(start, 1.0), stop, most) if tick == int(tick)] if stop > 1 else []
        steps = ([0.0] if start <= 0 else []) + powers
        return list(zip(steps, format_ticks(steps, log=True), strict=True))
    low, high = (float(end) for end in axis.forward([start, stop]))
    if axis.kind == "seconds":
        values = _time_ticks(low, high, most)
        labels = _times(values)
    else:
        values = linear_ticks(low, high, most)
        labels = format_ticks(values, log=False)
    return list(zip(map(float, axis.inverse(values)), labels, strict=True))


def _time_ticks(low: float, high: float, most: int) -> list[float]:
    least = (high - low) / most
    if least < 1 or least > _ROUND_SECONDS[-1]:
        unit = 1.0 if least < 1 else _DAY
        return [unit * tick for tick in linear_ticks(low / unit, high / unit, most)]
    distances = [distance for distance in (*_ROUND_SECONDS, _DAY) if distance >= least]
    for distance in distances:
        first, last = math.ceil(low / distance - 1e-6), math.floor(high / distance + 1e-6)
        if last - first < most:
            break
    return [distance * index for index in range(first, last + 1)]


def _times(seconds: Sequence[float]) -> list[str]:
    """Times since the start, all of them in the largest unit in which they have few digits: 90 s, 5 min, 1.5 h, 2 d."""
    distance = seconds[1] - seconds[0] if len(seconds) > 1 else max([*seconds, 1.0])
    unit, name = 1.0, "s"
    for larger, its_name in ((_MINUTE, "min"), (_HOUR, "h"), (_DAY, "d")):
        if distance >= larger or (distance >= larger / 2 and seconds[-1] >= 2 * larger):
            unit, name = larger, its_name
    labels = format_ticks([second / unit for second in seconds], log=False)
    return [label if label == "0" else f"{label} {name}" for label in labels]
