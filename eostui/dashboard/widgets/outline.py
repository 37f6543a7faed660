"""From the envelope of a trace to the dots that show it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from eostui.dashboard.widgets.decimate import Envelope
from eostui.dashboard.widgets.scale import Scale, axis_units
from eostui.reading.trace import Floats

Dots = npt.NDArray[np.bool_]

_DASH = 4  # columns from one dash to the next


@dataclass(frozen=True, eq=False)
class Outline:
    """What is drawn of a trace in each column: (columns,) values in axis units, NaN where there is nothing.

    The line joins neighbouring samples, those of different columns from the middle of one column to that of
    the other. It is not drawn through a sample that cannot be: a column with such a sample shows its
    extremes, its first and its last sample unjoined.
    """

    low: Floats
    high: Floats
    first: Floats
    last: Floats
    left: Floats
    """Where the line enters the column from the one before."""
    right: Floats
    """Where it leaves to the next one."""
    broken: npt.NDArray[np.bool_]
    """There is a sample that cannot be drawn."""
    middle: Floats
    """What the samples swing around, where there are enough of them."""

    @classmethod
    def of(cls, envelope: Envelope, log: bool, stepped: bool) -> Outline:
        samples = np.stack([envelope.low, envelope.high, envelope.first, envelope.last, envelope.middle])
        low, high, first, last, middle = axis_units(samples, log)
        crossings = _boundaries(envelope, first, last, log, stepped)
        broken = envelope.above | envelope.below
        return cls(low, high, first, last, crossings[:-1], crossings[1:], broken, middle)

    def range(self, limit: float = np.inf) -> tuple[float, float]:
        """The lowest and the highest value drawn that is at most `limit`, NaN if there is none."""
        drawn = np.stack([self.low, self.high, self.left, self.right])
        drawn = drawn[drawn <= limit]
        return float(np.fmin.reduce(drawn, initial=np.nan)), float(np.fmax.reduce(drawn, initial=np.nan))

    def through_middles(self, columns: npt.NDArray[np.bool_]) -> Outline:
        """The line that joins the middles of some columns, and is nowhere else."""
        middle = np.where(columns, self.middle, np.nan)
        padded = np.pad(middle, 1, constant_values=np.nan)
        left, right = (padded[:-2] + middle) / 2, (middle + padded[2:]) / 2
        left, right = np.where(np.isnan(left), middle, left), np.where(np.isnan(right), middle, right)
        return replace(self, low=middle, high=middle, first=middle, last=middle, left=left, right=right)

    @property
    def present(self) -> float:
        """The last value that can be drawn, NaN if there is none."""
        last = self.last[~np.isnan(self.last)]
        return float(last[-1]) if len(last) else np.nan


def _boundaries(envelope: Envelope, first: Floats, last: Floats, log: bool, stepped: bool) -> Floats:
    """(columns + 1,) where the line crosses from column to column, NaN where it does not."""
    count = envelope.columns.count
    (before, after), (before_value, after_value) = np.transpose([envelope.before, envelope.after])
    before_value, after_value = axis_units(np.array([before_value, after_value]), log)
    column = np.arange(count)
    previous = np.maximum.accumulate(np.where(envelope.occupied, column, -1))
    following = np.minimum.accumulate(np.where(envelope.occupied, column, count)[::-1])[::-1]
    # Padded so that index -1 and index `count` are the samples outside; positions are those of middles.
    middles = np.concatenate([column, [after - 0.5, before - 0.5]])
    start = np.concatenate([[-1], previous])
    end = np.concatenate([following, [count]])
    from_value = np.concatenate([last, [np.nan, before_value]])[start]
    to_value = np.concatenate([first, [after_value, np.nan]])[end]
    if stepped:
        return np.where(np.isnan(to_value), np.nan, from_value)
    share = (np.arange(count + 1) - 0.5 - middles[start]) / (middles[end] - middles[start])
    crossings: Floats = from_value + (to_value - from_value) * share
    return crossings


def rasterise(outline: Outline, scale: Scale, rows: int, stepped: bool) -> Dots:
    """(rows, columns) dots of an outline; of a stepped one only dashes where it is flat."""
    values = (outline.high, outline.low, outline.first, outline.last, outline.left, outline.right)
    high, low, first, last, left, right = scale.rows(np.stack(values), rows)
    # Columns meet half a dot before their border, so that a gentle line is one dot thick.
    slack = 0.0 if stepped else 0.5
    top = np.fmin(high, np.fmin(left, right) + slack)
    bottom = np.fmax(low, np.fmax(left, right) - slack)
    flat = top > bottom
    top[flat] = bottom[flat] = (left[flat] + right[flat]) / 2
    top[outline.broken] = bottom[outline.broken] = np.nan
    pieces = [(top, bottom)]
    if outline.broken.any():
        for one, other in ((high, high), (low, low), (left, first), (last, right)):
            upper, lower = np.where(outline.broken, [np.minimum(one, other), np.maximum(one, other)], np.nan)
            pieces.append((upper, lower))
    row = np.arange(rows)[:, np.newaxis]
    dots = np.zeros((rows, len(top)), dtype=np.bool_)
    for upper, lower in pieces:
        dots |= (row >= np.rint(upper)) & (row <= np.rint(lower))
    if stepped:
        column = np.arange(len(top))
        dots[:, (column % _DASH >= _DASH // 2) & (dots.sum(axis=0) == 1)] = False
    return dots
