"""From where a run can go on: its newest checkpoint whose rows are all in its file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from eostui.instruments.base.instrument import State
from eostui.one_line import in_one_line
from eostui.store import EVENTS, Kind, Predecessor, RunFile, Status
from eostui.trainer.checkpoint import VERSION
from eostui.trainer.checkpoint_names import checkpoints_in, step_of

_SAID_OF_THE_END = (Kind.CHECKPOINT, Kind.SIGNAL, *(Kind(status) for status in Status if status.ended))
"""The events behind a checkpoint of the same step that are not made again."""


@dataclass(frozen=True)
class Continuation:
    """A state to go on from.

    state: as a checkpoint has it; None where there is none, and the run goes on from θ_0. checkpoint: the name of its
    file. passed_over: newer checkpoints that could not be used, each with the reason.
    """

    state: State | None
    checkpoint: str | None
    passed_over: tuple[str, ...]

    @property
    def step(self) -> int:
        """The number of updates made."""
        return 0 if self.state is None else int(self.state["step"])

    def predecessor(self, file: RunFile) -> Predecessor:
        """The rows of the file that belong to this state."""
        if self.state is None:
            return Predecessor(file, {}, {})
        events = file.read(EVENTS.name, ["step", "kind"], start=self.state["rows"][EVENTS.name])
        said = enumerate(zip(events["step"], events["kind"], strict=True), self.state["rows"][EVENTS.name])
        kept = tuple(
            number
            for number, (step, kind) in said
            if step == self.step and bytes(kind).decode("ascii", "replace") in _SAID_OF_THE_END
        )
        return Predecessor(file, self.state["rows"], {EVENTS.name: kept})

    def text(self, predecessor: Predecessor) -> str:
        """From where the run goes on, what is cut, and which checkpoints were of no use, in one line."""
        where = f"from the checkpoint of step {self.step}" if self.checkpoint else "from step 0: there is no checkpoint"
        file = predecessor.file
        cut = {name: file.length(name) - predecessor.count(name) for name in file.tables}
        said = [f"{count:,} of {name}" for name, count in cut.items() if count > 0]
        parts = [f"went on {where}", *self.passed_over]
        if said:
            parts.append(f"rows behind it were cut: {', '.join(said)}")
        return "; ".join(parts)


def continuation_of(file: RunFile, *, by: int | None = None) -> Continuation:
    """The newest state of a run that can be gone on from, at step `by` or before where that is given."""
    passed_over: list[str] = []
    for path in reversed(checkpoints_in(file.path.parent / "checkpoints")):
        if by is not None and step_of(path) > by:
            continue
        state, why = _read(path, file, rows=by is None)
        if state is not None:
            return Continuation(state, path.name, tuple(passed_over))
        passed_over.append(f"{path.name} {why}")
    return Continuation(None, None, tuple(passed_over))


def _read(path: Path, file: RunFile, *, rows: bool) -> tuple[State | None, str]:
    """A checkpoint's state, or why there is none to be had. With `rows`, the file must have every row before it."""
    try:
        state: Any = torch.load(path, weights_only=True)
        if state["version"] != VERSION:
            return None, "was written by another version of eostui"
        there = file.tables
        missing = [name for name, count in state["rows"].items() if name not in there or file.length(name) < count]
    except Exception as error:  # of a damaged file the unpickler may raise anything
        return None, f"cannot be read ({in_one_line(error)})"
    if rows and missing:
        return None, f"has rows before it that are not in the file, of {', '.join(missing)}"
    return state, ""
