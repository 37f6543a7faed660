"""Smallest and largest sample of every few hundred of a long series: what other columns of it are made from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from eostui.reading.trace import Floats

SIZE = 64
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
        whole = firsts < lasts
        # Two runs of single samples: up to the first whole block, and after the last one; without a block, all in one.
        starts = np.stack([begins, lasts * SIZE], axis=1)
        stops = np.stack([np.where(whole, firsts * SIZE, ends), ends], axis=1)
        lengths = np.stack([stops[:, 0] - begins, np.where(whole, ends - lasts * SIZE, 0)], axis=1)
        singles = y[_places(starts.ravel(), lengths.ravel())]
        counts = lengths.sum(axis=1)
        blocks, of_blocks = _places(firsts, np.where(whole, lasts - firsts, 0)), np.where(whole, lasts - firsts, 0)
        shown = drawable(singles, self._positive)
        below = ~shown & (singles <= 0)
        values = np.where(shown, singles, np.nan)
        return (
            np.fmin(_reduced(np.fmin, values, counts, np.nan), _reduced(np.fmin, self.low[blocks], of_blocks, np.nan)),
            np.fmax(_reduced(np.fmax, values, counts, np.nan), _reduced(np.fmax, self.high[blocks], of_blocks, np.nan)),
            _any(~shown & ~below, counts) | _any(self.above[blocks], of_blocks),
            _any(below, counts) | _any(self.below[blocks], of_blocks),
        )

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


def _places(starts: npt.NDArray[np.intp], lengths: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """The indices from each of `starts` on, so many of each, in one row."""
    begun = np.cumsum(lengths) - lengths
    places: npt.NDArray[np.intp] = np.repeat(starts - begun, lengths) + np.arange(lengths.sum())
    return places


def _reduced(operation: np.ufunc, values: Floats, lengths: npt.NDArray[np.intp], empty: float) -> Floats:
    """What an operation makes of each of the runs of values that follow each other; `empty` of one without any."""
    reduced = np.full(len(lengths), empty)
    there = lengths > 0
    if there.any():
        reduced[there] = operation.reduceat(values, (np.cumsum(lengths) - lengths)[there])
    return reduced


def _any(flags: Flags, lengths: npt.NDArray[np.intp]) -> Flags:
    """Whether there is any flag in each of the runs."""
    found = np.zeros(len(lengths), dtype=np.bool_)
    if flags.any():
        found[np.repeat(np.arange(len(lengths)), lengths)[flags]] = True
    return found
