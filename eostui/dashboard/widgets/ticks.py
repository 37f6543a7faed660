"""Round numbers: where ticks go, how far a window reaches, and how a tick is written."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from eostui.reading.numbers import SUFFIXES

_SPANS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_STEPS = (1.0, 2.0, 5.0, 10.0)
_SLACK = 1e-9  # a number this close (relatively) to a round one is that one


def round_up(value: float, ladder: Sequence[float] = _STEPS) -> float:
    """The smallest of `ladder` times a power of ten that is at least `value` > 0."""
    power = 10.0 ** math.floor(math.log10(value))
    return power * next((rung for rung in ladder if rung * power >= value * (1 - _SLACK)), 10.0)


def window_span(span: float) -> float:
    """How wide a window over `span` > 0 is: it grows in jumps, so that a followed chart seldom moves."""
    return round_up(span, _SPANS)


def whole_ticks(low: float, high: float, most: int) -> list[float]:
    """Whole multiples of 1, 2 or 5 times a power of ten in [low, high], at most `most` >= 2 of them."""
    step = max(round_up((high - low) / most), 1.0)
    while True:
        first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
        if last - first < most:
            return [index * step for index in range(first, last + 1)]
        step = round_up(step * 1.5)


def linear_ticks(low: float, high: float, most: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten in [low, high], at most `most` >= 2 of them.

    The ends of the range where it holds not even two.
    """
    step = round_up((high - low) / most)
    while True:
        first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
        if last - first < most:
            return [index * step for index in range(first, last + 1)] if first < last else [low, high]
        step = round_up(step * 1.5)


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Ticks in [low, high], low > 0, at most `most` >= 2 of them.

    1, 2 and 5 times each decade if they are not too many, else 1 and 3 times, else every k-th decade; linear
    ones where the range holds not even two of these.
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    decades = [((1,), stride) for stride in range(1, last - first + 2)]
    for digits, stride in [((1, 2, 5), 1), ((1, 3), 1), *decades]:
        powers = [power for power in range(first, last + 1) if power % stride == 0]
        ticks = [float(f"{digit}e{power}") for power in powers for digit in digits]
        ticks = [tick for tick in ticks if low * (1 - _SLACK) <= tick <= high * (1 + _SLACK)]
        if len(ticks) <= most:
            break
    return ticks if len(ticks) > 1 else linear_ticks(low, high, most)


def format_ticks(ticks: Sequence[float], log: bool) -> list[str]:
    """One text a tick: on a log axis each as short as can be, on a linear one all with the same decimals."""
    if log or not any(ticks):
        return [_short(tick) for tick in ticks]
    largest = max(abs(tick) for tick in ticks)
    exponent = math.floor(math.log10(largest) + _SLACK)
    if -5 < exponent < 12:
        power = exponent // 3 * 3 if exponent > 3 else 0
        suffix = SUFFIXES[power]
    else:
        power, suffix = exponent, f"e{exponent}"
    scaled = np.array(ticks) / 10.0**power
    tolerance = 1e-3 * np.min(np.diff(scaled), initial=abs(scaled[-1]))
    decimals = next((d for d in range(9) if np.all(np.abs(np.round(scaled, d) - scaled) <= tolerance)), 9)
    return [f"{value:.{decimals}f}{suffix}" if value else "0" for value in scaled]


def _short(value: float) -> str:
    """A round number: 0.001, 0.5, 20, 1k, 50M, 1e-5."""
    exponent = math.floor(math.log10(abs(value)) + _SLACK) if value else 0
    if -4 < exponent < 12:
        power = exponent // 3 * 3 if exponent >= 3 else 0
        return f"{value / 10.0**power:.6g}{SUFFIXES[power]}"
    return f"{value / 10.0**exponent:.3g}e{exponent}"
