"""One run among many: what a list of runs shows of it, from its file alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import numpy as np

from eostui.reading.state import run_state
from eostui.reading.threshold import Threshold
from eostui.reading.trace import Floats, Steps
from eostui.store import TRAIN, RunFile, RunFileError, clean_text

_GOING_ON = ("starting", "running", "paused", "suspended")
"""How the states of runs begin that a trainer is at work on."""


@dataclass(frozen=True, eq=False)
class RunRow:
    """What a list shows of a run.

    state: as `run_state` says it, "unreadable" with the reason in `trouble`. created: in UTC; for a file that cannot be
    read when it was written last. ratios: (n,) sharpness divided by threshold wherever both were measured. lr: the step
    size of the last step, None before the first.
    """

    path: Path
    name: str
    state: str
    created: datetime
    ratios: Floats
    lr: float | None = None
    trouble: str = ""

    @classmethod
    def of(cls, path: Path) -> Self:
        """Read what there is of a run. Raises OSError for a file that is gone."""
        try:
            with RunFile.open(path) as file:
                return cls(path, file.name, run_state(file), file.created, _ratios(file), _step_size(file))
        except RunFileError as error:
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            name = clean_text(path.parent.name, 100)
            return cls(path, name, "unreadable", written, np.empty(0), trouble=str(error))

    @property
    def goes_on(self) -> bool:
        """Whether a trainer is at work on it."""
        return self.state.startswith(_GOING_ON)

    def levels(self, width: int) -> list[float | None]:
        """The largest ratio in each of `width` equal stretches of the run, at most one for each measurement; None where
        it is not finite."""
        parts = np.array_split(self.ratios, min(width, len(self.ratios))) if len(self.ratios) else []
        largest = [float(np.max(part, where=np.isfinite(part), initial=-np.inf)) for part in parts]
        return [value if np.isfinite(value) else None for value in largest]


def _ratios(file: RunFile) -> Floats:
    """Sharpness divided by threshold, tracked where it was tracked at every step."""
    table = Threshold.of(file.config, file.environment).table
    train = _columns(file, TRAIN.name, "step", "threshold")
    measured = _columns(file, "tracked", "step", "sharpness") or _columns(file, table, "step", "eigenvalues")
    if train is None or measured is None:
        return np.empty(0)
    (steps, thresholds), (at, values) = train, measured
    values = values[:, 0] if values.ndim == 2 else values
    place = np.searchsorted(steps, at, side="right") - 1
    with np.errstate(all="ignore"):
        ratios: Floats = values / np.append(thresholds, np.nan)[place]
    return ratios[at > 0] if table == "preconditioned" else ratios  # there is no P at step 0


def _step_size(file: RunFile) -> float | None:
    train = _columns(file, TRAIN.name, "step", "lr")
    return None if train is None else float(train[1][-1])


def _columns(file: RunFile, table: str, steps: str, values: str) -> tuple[Steps, Floats] | None:
    """Steps and a column of floats of a table; None where it has no rows, or a file from elsewhere no such column."""
    try:
        columns = file.read(table, [steps, values])
    except RunFileError:
        return None
    usable = len(columns[steps]) and columns[values].dtype.kind == "f"
    return (columns[steps], columns[values]) if usable else None
