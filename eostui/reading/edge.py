"""How close the sharpness of a run came to its threshold, in numbers and in one line.

r = S/T, S the eigenvalue that the threshold is for (of the Hessian, or of the preconditioned Hessian of an adaptive
optimizer), certified or tracked, and T the threshold in force at that step. A run is at the edge of stability where r
stays near 1 (Cohen et al. 2021, arXiv 2103.00065; Cohen et al. 2022, arXiv 2207.14484, for adaptive optimizers).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from eostui.reading.curves import has_numbers
from eostui.reading.feed import Feed
from eostui.reading.numbers import ratio
from eostui.reading.saved import SavedFeed
from eostui.reading.series import Series
from eostui.reading.sharpness import sharpness_of
from eostui.reading.threshold import Threshold
from eostui.store import RunReader


@dataclass(frozen=True)
class Edge:
    """How close one run came to its edge of stability.

    of:         what was compared, in words: "sharpness ÷ 2/η"
    measured:   how many values of S have a T beside them; the others say nothing and count nowhere
    solved:     how many of them the solver measured; the others are tracked
    crossing:   the first step with r ≥ 1, None where there is none
    mean, low, high: of r over the values from the crossing on, NaN where there is none
    largest, largest_at: the largest r of all and its step; NaN and None where nothing was measured
    lr_changes: the steps from which another step size was in force
    doubtful:   how many of the solver's measurements are not certified
    reference:  T is the full-batch threshold of a run on minibatches, for which it is no threshold
    """

    of: str
    measured: int = 0
    solved: int = 0
    crossing: int | None = None
    mean: float = math.nan
    low: float = math.nan
    high: float = math.nan
    largest: float = math.nan
    largest_at: int | None = None
    lr_changes: tuple[int, ...] = ()
    doubtful: int = 0
    reference: bool = False

    @property
    def text(self) -> str:
        """All of it in one line."""
        if not self.measured:
            said = "nothing to compare"
        elif self.crossing is None:
            said = f"below 1 throughout, at most {ratio(self.largest)} (step {self.largest_at})"
        else:
            said = (
                f"mean {ratio(self.mean)} from step {self.crossing} on, where it first was 1 or more; "
                f"{ratio(self.low)} to {ratio(self.high)} (step {self.largest_at})"
            )
        if self.measured > self.solved:
            certified, tracked = self.solved - self.doubtful, self.measured - self.solved
            said += f"; {certified:,} of {self.measured:,} values certified, {tracked:,} tracked"
        if self.doubtful:
            said += f"; {self.doubtful} of {self.solved} measurements not certified"
        return f"{self.of}: {said}{self._changes()}{'; no threshold with minibatches, a reference' * self.reference}"

    def _changes(self) -> str:
        if not self.lr_changes:
            return ""
        first, count = self.lr_changes[0], len(self.lr_changes)
        return f"; {'another η' if count == 1 else f'{count} changes of η'} from step {first} on"


def edge_of(feed: Feed) -> Edge:
    """How close a run has come to its edge, from its visible rows; tables and columns that it is without say nothing.

    An eigenvalue or a threshold that is not finite is no measurement. With changes of η the crossing is the first of
    the whole run.
    """
    of = f"{feed.threshold.sharpness} ÷ {feed.threshold.formula}"
    known, train, reference = sharpness_of(feed), feed.series.get("train"), feed.threshold.reference
    lr_changes = _changes_of(train) if train is not None and has_numbers(train, "lr") else ()
    counted = np.isfinite(known.values) & np.isfinite(known.thresholds) & (known.thresholds > 0)
    steps, ratio, solved = known.steps[counted], known.ratios[counted], known.solved[counted]
    if not len(ratio):
        return Edge(of, lr_changes=lr_changes, reference=reference)
    over = np.flatnonzero(ratio >= 1)
    since = ratio[over[0] :] if len(over) else np.array([math.nan])
    return Edge(
        of,
        measured=len(ratio),
        solved=int(solved.sum()),
        crossing=int(steps[over[0]]) if len(over) else None,
        mean=float(since.mean()),
        low=float(since.min()),
        high=float(since.max()),
        largest=float(ratio.max()),
        largest_at=int(steps[ratio.argmax()]),
        lr_changes=lr_changes,
        doubtful=int((solved - known.certified[counted]).sum()),
        reference=reference,
    )


def edge_of_run(file: RunReader) -> Edge:
    """How close a run came to its edge, from its file; a growing run, how close it has come by now."""
    return edge_of(SavedFeed(file, ("train", "tracked", Threshold.of(file.config, file.environment).table)))


def _changes_of(train: Series) -> tuple[int, ...]:
    with np.errstate(over="ignore"):
        changed = np.flatnonzero(np.abs(np.diff(train["lr"])) > 0) + 1
    return tuple(train["step"][changed].tolist())
