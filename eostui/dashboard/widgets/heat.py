"""How much of a distribution lies in each cell of a strip: bins of values over columns of steps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from eostui.dashboard.widgets.decimate import Columns
from eostui.reading.densities import Densities, has_share
from eostui.reading.trace import Floats

_FEWEST = 1e-8  # shares below this all have the faintest shade


class Reach:
    """How far down and up each measurement reaches, brought up to date by new ones alone.

    Measurements count as grown if they are not fewer and the last known one is what it was.
    """

    def __init__(self) -> None:
        self.lows: Floats = np.empty(0)
        self.highs: Floats = np.empty(0)
        """(n,) the smallest and the largest value that has a share, NaN where none has."""
        self._witness = b""

    def update(self, densities: Densities) -> None:
        known = len(self.lows)
        if len(densities.steps) < known or _witness(densities, known) != self._witness:
            known, self.lows, self.highs = 0, np.empty(0), np.empty(0)
        nodes, weights = densities.nodes[known:], densities.weights[known:]
        values = np.where(has_share(nodes, weights), nodes, np.nan)
        self.lows = np.concatenate([self.lows, np.fmin.reduce(values, axis=1)])
        self.highs = np.concatenate([self.highs, np.fmax.reduce(values, axis=1)])
        self._witness = _witness(densities, len(self.lows))

    @property
    def range(self) -> tuple[float, float] | None:
        """The smallest and the largest value of all; None where there is none."""
        low, high = np.fmin.reduce(self.lows, initial=np.nan), np.fmax.reduce(self.highs, initial=np.nan)
        return None if np.isnan(low) else (float(low), float(high))


def shares_in(densities: Densities, reach: Reach, columns: Columns, edges: Floats) -> Floats:
    """(bins, columns) the share in each bin between ascending `edges`, from the top bin down.

    A column without a measurement has the last one before it. One with several has the largest share that a bin had in
    its first, its last, its lowest and its highest reaching one, so that no outlier is lost and the work is bounded.
    NaN before the first measurement, and from one that failed to the next.
    """
    bounds = columns.bounds(densities.steps)
    filled = np.flatnonzero(bounds[1:] > bounds[:-1])
    before = int(bounds[0]) - 1
    held = _binned(densities, np.array([before] if before >= 0 else [], dtype=np.int64), edges)
    shares = [held if before >= 0 else np.full((1, len(edges) - 1), np.nan)]
    if filled.size:
        picked = _telling(reach, bounds[filled], int(bounds[-1]))
        rows = _binned(densities, picked.ravel(), edges)
        shares.append(np.fmax.reduce(rows.reshape(*picked.shape, -1), axis=0))
    source = np.zeros(columns.count, np.int64)
    source[filled] = np.arange(1, len(filled) + 1)
    everywhere: Floats = np.vstack(shares)[np.maximum.accumulate(source)].T
    return everywhere


def _telling(reach: Reach, starts: npt.NDArray[np.intp], stop: int) -> npt.NDArray[np.intp]:
    """(4, columns) the first, last, lowest and highest reaching measurement of columns that begin at `starts`."""
    counts = np.diff(starts, append=stop)
    picked = [starts, starts + counts - 1]
    for values, extreme in ((reach.lows, np.fmin), (reach.highs, np.fmax)):
        values = values[starts[0] : stop]
        hits = np.flatnonzero(values == np.repeat(extreme.reduceat(values, starts - starts[0]), counts)) + starts[0]
        place = np.searchsorted(hits, starts)
        first = np.append(hits, stop)[place]
        picked.append(np.where(first < starts + counts, first, starts))  # none where every measurement failed
    return np.stack(picked)


def levels(shares: Floats, count: int) -> tuple[npt.NDArray[np.int64], float]:
    """The shade of each share, 0 for none and `count` for all, even in log, and the share where the faintest begins.

    That is the power of ten below the smallest share, so that it seldom changes.
    """
    some = shares > 0
    smallest = float(np.min(shares, where=some, initial=0.5))
    floor = max(np.floor(np.log10(smallest)), np.log10(_FEWEST))
    shade = np.zeros(shares.shape, np.int64)
    shade[some] = np.clip(np.ceil(count * (1 - np.log10(shares[some]) / floor)), 1, count)
    return shade, float(10.0**floor)


def _binned(densities: Densities, rows: npt.NDArray[np.int64], edges: Floats) -> Floats:
    """(rows, bins) the share of some rows in each bin, from the top down; NaN in a row without anything."""
    nodes, weights = densities.nodes[rows], densities.weights[rows]
    real = has_share(nodes, weights)
    bins = len(edges) - 1
    bin = bins - 1 - np.searchsorted(edges[1:-1], nodes, side="right") + bins * np.arange(len(rows))[:, np.newaxis]
    totals = np.bincount(bin[real], weights[real], minlength=bins * len(rows))
    shares: Floats = totals.astype(np.float64).reshape(len(rows), bins)
    shares[~real.any(axis=1)] = np.nan
    return shares


def _witness(densities: Densities, count: int) -> bytes:
    """The last of `count` measurements, bit for bit."""
    return b"".join(a[count - 1].tobytes() for a in (densities.steps, densities.nodes)) if count else b""
