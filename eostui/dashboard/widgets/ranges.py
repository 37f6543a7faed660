"""Which values a chart shows: all of them on a logarithmic axis, the ordinary ones on a linear one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eostui.dashboard.widgets.outline import Outline
from eostui.dashboard.widgets.scale import axis_units
from eostui.reading.trace import Floats

# Up to how many times the largest value measured a reference is shown, on a linear and on a logarithmic axis:
_PRESENT = (5.0, 100.0)  # its present value
_PAST = (2.0, 100.0)  # those before it

_FEWEST = 20  # columns with values: of fewer none is called unusual
_TAIL = 0.05  # share of the columns at either end of the values that may be unusual
_RECENT = 0.1  # share of the columns, the last ones, that are always shown
_ROOM = 1.0  # times the ordinary range: what is not further beyond it is shown
_EXPLOSION = 1e4  # times what is usual: a series that gets there has left the ordinary for good
_USUAL = 10.0  # times what is usual: up to there it is shown then


def combined_range(measured: Sequence[Outline], references: Sequence[Outline], log: bool) -> tuple[float, float] | None:
    """The lowest and the highest value that an axis for all of these should show, in its units; None if there is none.

    Of a reference is shown what is not far above the measured values, or all up to the present value where nothing is
    measured: a threshold that falls from infinity, as in a warm-up of the step size, must not press the curves flat
    that it is there for.
    """
    low, high = _union([outline.range() if log else ordinary_range(outline) for outline in measured])
    largest = _data_units(high if log else np.fmax(-low, high), log)
    limits = [_PAST[log] * largest]
    for outline in references:
        present = _data_units(outline.present, log)
        if not present > _PRESENT[log] * largest:
            limits.append(present)
    limit = float(axis_units(np.fmax.reduce(limits), log))
    low, high = _union([(low, high), *(outline.range(limit) for outline in references)])
    return None if np.isnan(low) else (low, high)


def ordinary_range(outline: Outline) -> tuple[float, float]:
    """The range of a series on a linear axis, NaN if it has none: the whole one, unless few columns alone make it wide.

    The ordinary range is that of the 5 % to the 95 % quantile and of the last tenth of the columns. Values that are
    further from it than it is wide are left out. Of a series that has reached 10,000 times its median in size the range
    is that of the values below 10 times the median.
    """
    low, high = outline.range()
    there = ~np.isnan(outline.low)
    lows, highs = outline.low[there], outline.high[there]
    count = len(lows)
    if count < 3:
        return low, high
    usual = float(np.sort(np.fmax(np.abs(lows), np.abs(highs)))[count // 2])
    if 0 < _EXPLOSION * usual < max(-low, high):
        ordinary = _USUAL * usual
        shown = np.concatenate([lows, highs])
        shown = shown[np.abs(shown) <= ordinary]
        return float(shown.min()), float(shown.max())
    if count < _FEWEST:
        return low, high
    tail, recent = int(_TAIL * count), int(np.ceil(_RECENT * count))
    floor = min(_nth(lows, tail), float(lows[-recent:].min()))
    ceiling = max(_nth(highs, count - 1 - tail), float(highs[-recent:].max()))
    room = _ROOM * (ceiling - floor)
    return (low if floor - low <= room else floor), (high if high - ceiling <= room else ceiling)


def _nth(values: Floats, place: int) -> float:
    """The value that is `place` from the smallest."""
    return float(np.partition(values, place)[place])


def _union(ranges: Sequence[tuple[float, float]]) -> tuple[float, float]:
    lows, highs = np.array(ranges).reshape(-1, 2).T
    return float(np.fmin.reduce(lows, initial=np.nan)), float(np.fmax.reduce(highs, initial=np.nan))


def _data_units(value: float, log: bool) -> float:
    return float(10.0**value) if log else float(value)
