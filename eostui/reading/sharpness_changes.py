"""What the sharpness of a run did: it reached the edge, it answered another η, its errors are too large."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from eostui.reading.curves import has_numbers
from eostui.reading.feed import Feed
from eostui.reading.numbers import format_value
from eostui.reading.sharpness import Sharpness, sharpness_of

ANSWER = 40
"""Steps after a change of η at which S is compared with what it was before."""
CHANGED = 0.2
"""S has changed where it did so by over this share."""

Said = tuple[int, str]
"""A step, and what happened there."""


class EdgeReached:
    """The first step at which S is at its threshold or above it. Minibatches have no edge."""

    def __init__(self) -> None:
        self._rows = 0
        """How many values of S have been searched: but for the last ones, which may still change."""
        self._found: list[Said] = []

    def found(self, feed: Feed) -> list[Said]:
        """That step, where it has come."""
        if self._found or feed.minibatch:
            return self._found
        known = sharpness_of(feed)
        start = self._rows
        over = np.flatnonzero((known.ratios[start:] >= 1) & (known.thresholds[start:] > 0)) + start
        self._rows = max(len(known.steps) - 1, 0)
        if len(over):
            row, threshold = int(over[0]), feed.threshold
            values = f"{threshold.symbol} {format_value(known.values[row])}"
            level = f"{threshold.formula} {format_value(known.thresholds[row])}"
            self._found = [(int(known.steps[row]), f"first at the edge: {values}, {level}")]
        return self._found


class Answers:
    """What S was before each change of η and some steps after it, where these are not much alike."""

    def __init__(self) -> None:
        self._changes = 0
        """For how many of the changes that is settled."""
        self._found: list[Said] = []

    def found(self, feed: Feed, changes: Sequence[int]) -> list[Said]:
        """Those after changes at these steps, as far as they are known."""
        known = sharpness_of(feed)
        following = pairwise([*changes[self._changes :], None])
        for change, after in following:
            assert change is not None
            row = int(np.searchsorted(known.steps, change + ANSWER))
            replaced = after is not None and after <= change + ANSWER
            if not replaced and row == len(known.steps):
                break
            if not replaced:
                self._found += _answer(known, change, row, feed.threshold.symbol)
            self._changes += 1
        return self._found


def _answer(known: Sharpness, change: int, row: int, symbol: str) -> list[Said]:
    before = int(np.searchsorted(known.steps, change, side="right")) - 1
    if before < 0:
        return []
    old, new, steps = known.values[before], known.values[row], int(known.steps[row])
    if not (np.isfinite([old, new]).all() and abs(new - old) > CHANGED * abs(old)):
        return []
    return [(steps, f"{symbol} {format_value(old)} → {format_value(new)} in {steps - change} steps")]


class MissedTolerances:
    """The certified measurements whose errors are larger than was asked for, the first of each row of them."""

    def __init__(self) -> None:
        self._rows = 0
        self._missing = False
        """Whether the last of those rows is one of them."""
        self._found: list[Said] = []

    def found(self, feed: Feed) -> list[Said]:
        """Those of the matrix that the threshold is for."""
        rows, tolerance = feed.compared, feed.config.get("eig_tol")
        if rows is None or not isinstance(tolerance, float | int) or not has_numbers(rows, "errors", wide=True):
            return self._found
        errors, values = rows["errors"][self._rows :], rows["eigenvalues"][self._rows :]
        missed = errors > tolerance * np.abs(values[:, :1])
        missing = missed.any(axis=1)
        for row in np.flatnonzero(missing & ~np.concatenate([[self._missing], missing[:-1]])):
            index = int(missed[row].argmax())
            value, error = format_value(values[row, index]), format_value(errors[row, index], 2)
            text = f"λ{index + 1} {value} is known to ±{error} only, over the tolerance of {tolerance:g}·λ1"
            self._found.append((int(rows["step"][self._rows + row]), text))
        if len(missing):
            self._missing = bool(missing[-1])
        self._rows = rows.shown
        return self._found
