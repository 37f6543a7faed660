"""A feed from a saved run: the file, and a clock that says how much of it is to be seen."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from eostui.reading.feed import Notice
from eostui.reading.marks import marks_of
from eostui.reading.saved import SavedFeed
from eostui.store import RunFile, RunFileError

LONGEST_WAIT = 2.0
"""Seconds that a replay at speed 1 spends at most between two steps: pauses of the run are cut to this."""
SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 1000.0)


class ReplayFeed(SavedFeed):
    """Plays a saved run. Speed 1 is as it was recorded, pauses shortened to `LONGEST_WAIT`."""

    def __init__(
        self,
        file: RunFile,
        *,
        speed: float = 1.0,
        start: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(file)
        if "train" not in self.series:
            raise RunFileError(f"{file.path}: has no table train, so there is nothing to replay")
        train = self.series["train"]
        self._steps = train["step"].copy()
        with np.errstate(over="ignore", invalid="ignore"):
            waits = np.diff(train["time"], prepend=train["time"][:1])
        self._timeline = np.cumsum(np.clip(waits, 0.0, LONGEST_WAIT))
        self._clock = clock
        self._seen_at = clock()
        self._position = 0.0
        self.speed = speed
        self.playing = True
        self._final_status = self.status
        """What the file says, which holds once everything is visible; before that the run was going on."""
        self._marked: np.ndarray | None = None
        """The steps that have a mark, once they have been asked for."""
        self.seek(start)

    @property
    def last_step(self) -> int:
        """The run's last step, -1 where it has none."""
        return int(self._steps[-1]) if len(self._steps) else -1

    @property
    def at_end(self) -> bool:
        """Whether everything is visible."""
        return self.series["train"].shown == len(self._steps)

    def poll(self) -> list[Notice]:
        now = self._clock()
        passed, self._seen_at = now - self._seen_at, now
        if self.playing and not self.at_end:
            self._position += passed * self.speed
            self._show(int(np.searchsorted(self._timeline, self._position, side="right")))
        if self.playing and self.at_end:
            self.playing = False
        return []

    def toggle(self) -> None:
        """Play or pause; at the end, play again from the start."""
        self.playing = not self.playing
        if self.playing and self.at_end:
            self.seek(0)

    def seek(self, step: int) -> None:
        """Show the run up to and including a step, or as near as it comes."""
        if len(self._steps):
            row = int(np.clip(np.searchsorted(self._steps, step, side="right") - 1, 0, len(self._steps) - 1))
            self._position = float(self._timeline[row])
            self._show(row + 1)

    def seek_row(self, offset: int) -> None:
        """Move by some rows of the table `train`, back or forth, and stop there."""
        self.playing = False
        row = int(np.clip(self.series["train"].shown - 1 + offset, 0, max(len(self._steps) - 1, 0)))
        if len(self._steps):
            self.seek(int(self._steps[row]))

    def seek_event(self, direction: int) -> None:
        """Go to the next (1) or the previous (-1) step with a mark, if there is one."""
        if self._marked is None:
            self._marked = self._marked_steps()
        steps = self._marked
        beyond = steps[steps > self.step] if direction > 0 else steps[steps < self.step][::-1]
        if len(beyond):
            self.playing = False
            self.seek(int(beyond[0]))

    def _marked_steps(self) -> np.ndarray:
        """The steps of the whole run that have a mark, (n,), each once."""
        shown = self.series["train"].shown
        self._show(len(self._steps))
        steps = np.unique([int(mark.x) for mark in marks_of(self)])
        self._show(shown)
        return steps

    def change_speed(self, direction: int) -> None:
        """The next faster (1) or slower (-1) of `SPEEDS`."""
        if direction > 0:
            self.speed = next((speed for speed in SPEEDS if speed > self.speed), self.speed)
        else:
            self.speed = next((speed for speed in reversed(SPEEDS) if speed < self.speed), self.speed)

    def _show(self, rows: int) -> None:
        """Make `rows` rows of `train` visible, and of every other table what was known by then."""
        self.series["train"].shown = rows
        self.status = self._final_status if rows == len(self._steps) else "running"
        step = int(self._steps[rows - 1]) if rows else -1
        final = rows == len(self._steps)
        for name, series in self.series.items():
            if name != "train":
                series.shown = series.length
                # after the last row of `train` come the events that ended the run
                if not final:
                    series.shown = int(np.searchsorted(series["step"], step, side="right"))
