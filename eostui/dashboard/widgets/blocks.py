"""Smallest and largest sample of every few hundred of a long series: what other columns of it are made from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from eostui.reading.trace import Floats

SIZE = 256
"""Samples in a block."""

Flags = npt.NDArray[np.bool_]


def drawable(values: Floats, positive: bool) -> Flags:
    """Which values can be drawn: the finite ones, and on a logarithmic axis of those the positive ones."""
    finite = np.isfinite(values)
    return finite & (values > 0) if positive else finite


class Blocks:
    """Of each whole block of a series that only grows, or that a replay cuts short:

    low, high: (n,) the smallest and the largest drawable sample, NaN where there is none.
    above, below: (n,) a sample is NaN or +Inf; is -Inf or, if only positive ones are drawable, not positive.
    """

    def __init__(self, positive: bool) -> None:
        self._positive = positive
        self.low: Floats
        self.high: Floats
        self.above: Flags
        self.below: Flags
        self._forget()

    def take(self, y: Floats) -> None:
        """Take in the blocks of a series, (m,), that are not known; all of them where it is not the one before."""
        whole = len(y) // SIZE
        known = min(len(self.low), whole)
        for place in (0, known - 1):
            if known and not self._has(place, y):
                self._forget()
                known = 0
        if whole > len(self.low):
            fresh = y[known * SIZE : whole * SIZE].reshape(-1, SIZE)
            parts = self._parts(fresh)
            before = (self.low, self.high, self.above, self.below)
            pairs = zip(before, parts, strict=True)
            self.low, self.high, self.above, self.below = (np.concatenate(pair) for pair in pairs)

    def within(self, y: Floats, begins: npt.NDArray[np.intp], ends: npt.NDArray[np.intp]) -> tuple[np.ndarray, ...]:
        """Low, high, above and below, (k,) each, of the samples from each of `begins` to the one before each of `ends`.

        Looks at whole blocks, and at single samples at both ends alone. `begins` < `ends`.
        """
        firsts, lasts = -(-begins // SIZE), ends // SIZE
        pieces, lengths = [], []
        for begin, first, last, end in zip(begins, firsts, lasts, ends, strict=True):
            if first < last:
                single = (y[begin : first * SIZE], y[last * SIZE : end])
                pieces.append((*single, slice(first, last)))
            else:
                pieces.append((y[begin:end], y[:0], slice(0, 0)))
            lengths.append(sum(map(len, pieces[-1][:2])) + max(last - first, 0))
        return self._reduced(pieces, np.array(lengths))

    def _reduced(
        self, pieces: list[tuple[Floats, Floats, slice]], lengths: npt.NDArray[np.intp]
    ) -> tuple[np.ndarray, ...]:
        edges = np.concatenate([edge for piece in pieces for edge in piece[:2]])
        ends = np.cumsum([len(one) + len(other) for one, other, _ in pieces])
        shown = drawable(edges, self._positive)
        below = ~shown & (edges <= 0)
        values = np.where(shown, edges, np.nan)
        reduced = []
        for of_blocks, of_edges, operation in (
            (self.low, values, np.fmin),
            (self.high, values, np.fmax),
            (self.above, ~shown & ~below, np.logical_or),
            (self.below, below, np.logical_or),
        ):
            parts = [
                part
                for begin, end, piece in zip([0, *ends[:-1]], ends, pieces, strict=True)
                for part in (of_edges[begin:end], of_blocks[piece[2]])
            ]
            reduced.append(operation.reduceat(np.concatenate(parts), np.cumsum(lengths) - lengths))
        return tuple(reduced)

    def _has(self, place: int, y: Floats) -> bool:
        """Whether a block of a series is as it is known, bit for bit."""
        parts = self._parts(y[place * SIZE : (place + 1) * SIZE].reshape(1, SIZE))
        known = (self.low, self.high, self.above, self.below)
        return all(part[0].tobytes() == old[place].tobytes() for part, old in zip(parts, known, strict=True))

    def _parts(self, samples: Floats) -> tuple[Floats, Floats, Flags, Flags]:
        """Those of some blocks, (n, SIZE)."""
        low, high = samples.min(axis=1), samples.max(axis=1)
        above, below = np.zeros((2, len(samples)), dtype=np.bool_)
        # what is wrong with a sample is seen in one of its extremes
        odd = np.flatnonzero(~(drawable(low, self._positive) & np.isfinite(high)))
        if odd.size:
            shown = drawable(samples[odd], self._positive)
            under = ~shown & (samples[odd] <= 0)
            above[odd], below[odd] = (~shown & ~under).any(axis=1), under.any(axis=1)
            values = np.where(shown, samples[odd], np.nan)
            low[odd], high[odd] = np.fmin.reduce(values, axis=1), np.fmax.reduce(values, axis=1)
        return low, high, above, below

    def _forget(self) -> None:
        self.low, self.high = np.empty((2, 0))
        self.above, self.below = np.empty((2, 0), dtype=np.bool_)
