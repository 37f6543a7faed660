"""One run among many: what a list of runs shows of it, from its file alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import numpy as np

from eostui.config import as_typed, typed_text
from eostui.link.followed import followed
from eostui.reading.saved import SavedFeed
from eostui.reading.state import DIED, run_state, state_in_full, state_of
from eostui.reading.step_size import told_by
from eostui.reading.threshold import Threshold
from eostui.reading.trace import Floats, Steps
from eostui.store import EVENTS, TRAIN, ReaderProcess, RunFileError, RunReader, Status, clean_text

_GOING_ON = ("starting", "running", "paused", "suspended")
"""How the states of runs begin that a trainer is at work on."""
_MOST_RATIOS = 2048
"""A list has room for far fewer."""


@dataclass(frozen=True, eq=False)
class RunRow:
    """What a list shows of a run.

    state: as `run_state` says it, "unreadable" or "died while starting" with the reason in `trouble`. created: in UTC;
    for a file that cannot be read when it was written last, and for a run without one when its directory was.
    ratios: (n,) sharpness divided by threshold wherever both were measured; of a long run the largest of each stretch,
    and the last. lr: the step size of the last step, None before the first.
    """

    path: Path
    name: str
    state: str
    created: datetime
    ratios: Floats
    lr: float | None = None
    trouble: str = ""

    @classmethod
    def of(cls, path: Path, apart: ReaderProcess) -> Self:
        """What there is of a run, read by a process that knows `described`. Raises OSError for a run that is gone."""
        if not path.exists():
            return cls._starting(path)
        try:
            said = apart.read(described, path)
        except RunFileError as error:
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            name = clean_text(path.parent.name, 100)
            return cls(path, name, "unreadable", written, np.empty(0), trouble=str(error))
        created, ratios = datetime.fromisoformat(said["created"]), np.array(said["ratios"], np.float64)
        lr = None if said["lr"] is None else as_typed(said["lr"], said["typed"])
        return cls(path, said["name"], said["state"], created, ratios, lr)

    @classmethod
    def _starting(cls, path: Path) -> Self:
        """A run that has no file: its trainer is at it, or has died before."""
        directory = path.parent
        begun = datetime.fromtimestamp(directory.stat().st_mtime, UTC)
        state = state_of(directory, Status.STARTING)
        trouble = f"{state_in_full(directory, state)}: there is nothing to see" if state.startswith(DIED) else ""
        return cls(path, clean_text(directory.name, 100), state, begun, np.empty(0), trouble=trouble)

    @property
    def has_rows(self) -> bool:
        """Whether there is a file to be read, which a run that is starting has not."""
        return self.path.exists()

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


def described(path: Path) -> dict[str, Any]:
    """A run as `RunRow` has it, in JSON's types and NaN. Raises RunFileError."""
    with followed(path) as file:
        lr = _step_size(file)
        return {
            "name": file.name,
            "state": run_state(file),
            "created": file.created.isoformat(),
            "ratios": _thinned(_ratios(file)).tolist(),
            "lr": lr,
            "typed": "" if lr is None else typed_text(told_by(SavedFeed(file, (EVENTS.name,)), lr)),
        }


def _thinned(ratios: Floats) -> Floats:
    """At most `_MOST_RATIOS` of them: the largest finite one of each stretch, and the last."""
    if len(ratios) <= _MOST_RATIOS:
        return ratios
    finite = np.where(np.isfinite(ratios), ratios, -np.inf)
    begins = np.linspace(0, len(ratios), _MOST_RATIOS, dtype=np.intp)[:-1]
    return np.append(np.maximum.reduceat(finite, begins), ratios[-1])


def _ratios(file: RunReader) -> Floats:
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
        ratios: Floats = values / np.where(place < 0, np.nan, thresholds[place])
    return ratios[at > 0] if table == "preconditioned" else ratios  # there is no P at step 0


def _step_size(file: RunReader) -> float | None:
    if TRAIN.name not in file.table_names or not (rows := file.length(TRAIN.name)):
        return None
    return float(file.read(TRAIN.name, ["lr"], rows - 1)["lr"][0])


def _columns(file: RunReader, table: str, steps: str, values: str) -> tuple[Steps, Floats] | None:
    """Steps and a column of floats of a table; None where it has no rows."""
    if table not in file.table_names or not file.length(table):
        return None
    columns = file.read(table, [steps, values])
    return columns[steps], columns[values]
