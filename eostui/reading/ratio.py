"""Curves as shares of the threshold in force at each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from eostui.reading.feed import Feed
from eostui.reading.series import at_steps
from eostui.reading.trace import Floats, Trace
from eostui.store import TRAIN


class Ratios:
    """Divides traces by the threshold, new samples only: a long run costs no more a frame than a short one."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._known: dict[str, Floats] = {}
        """By label, the (n,) thresholds at the first n samples of a trace."""
        self._shares: dict[str, tuple[Floats, Floats]] = {}
        """By label, the (n,) values of a trace and what came of them."""

    def of(self, traces: Sequence[Trace]) -> list[Trace]:
        """The traces with their values divided by the threshold at the same step, NaN where that is not positive.

        The threshold itself becomes the line at 1; a proposed one is divided by the present one.
        """
        return [self._divided(trace) for trace in traces]

    def _divided(self, trace: Trace) -> Trace:
        if not len(trace.x):
            return trace
        values, shares = self._shares.get(trace.label, (np.empty(0), np.empty(0)))
        if not _same_place(values, trace.y):
            shares = np.empty(0)
        if len(shares) < len(trace.y):
            fresh = slice(len(shares), None)
            thresholds = self._thresholds(trace)[fresh]
            with np.errstate(divide="ignore", invalid="ignore"):
                divided = np.where(thresholds > 0, trace.y[fresh] / thresholds, np.nan)
            shares = np.concatenate([shares, divided])
            self._shares[trace.label] = trace.y, shares
        return replace(trace, y=shares[: len(trace.y)])

    def _thresholds(self, trace: Trace) -> Floats:
        known = self._known.get(trace.label, np.empty(0))
        if len(known) > len(trace.x):  # a replay has gone back
            return known[: len(trace.x)]
        fresh = at_steps(self._feed.series[TRAIN.name], "threshold", trace.x[len(known) :])
        known = np.concatenate([known, fresh]) if len(fresh) else known
        self._known[trace.label] = known
        return known


def _same_place(one: Floats, other: Floats) -> bool:
    """Whether two arrays begin at the same place of memory: columns only grow, so the shorter is part of the longer."""
    return one.ctypes.data == other.ctypes.data and one.strides == other.strides
