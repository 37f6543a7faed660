"""Everything that a run records: it goes to the file and to the viewers at once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from eostui.link.doing import Doing
from eostui.link.messages import Hello, Phase, State
from eostui.link.server import LinkServer
from eostui.link.waiting import Asked
from eostui.store import TRAIN, By, Event, Row, RunWriter, Status, Table
from eostui.store.events import Happening
from eostui.trainer.stage import Stage

TRAINING = "training"
"""What is done where nothing more is known of it."""
SLOW = 0.3
"""Seconds that an activity lasts before viewers are told about it."""
BETWEEN_WORDS = 0.1
"""Shortest time between two messages about the same activity, in seconds."""


class Record:
    """Rows, events and status go to the run file and onto the pipe; progress goes onto the pipe alone."""

    def __init__(
        self,
        writer: RunWriter,
        server: LinkServer,
        *,
        elapsed: float = 0.0,
        last_step: int = -1,
        doing: Doing | None = None,
    ) -> None:
        """`elapsed` is how many seconds the run had been going for before, `last_step` the step of its newest row;
        `doing` says outside what is done."""
        self._writer = writer
        self._server = server
        self.last_step = last_step
        """The step of the newest row of the table `train`; -1 before the first."""
        self._hello: Hello | None = None
        self._start = time.monotonic() - elapsed
        self._doing = doing or Doing()
        self._step: int | None = None
        """The step that is being made."""
        self._between = TRAINING
        """What is done between two activities."""
        self._activity = ""
        self._within = False
        """Whether an activity goes on."""
        self._activity_since = time.monotonic()
        self._last_word = -1.0
        self._spoke = False

    def introduce(self, hello: Hello) -> None:
        """Say what run this is, and that its gradient is next."""
        self._hello = hello
        self._server.say(hello)
        self._server.say(self._phase(""))

    def add_table(self, table: Table) -> None:
        """Give the run a table more, in its file and for the viewers; nothing where it has that table.

        Raises `StoreError` where the file has no room for it, and then everything is as before.
        """
        self._writer.add_table(table)
        if self._hello is not None:
            self._hello = replace(self._hello, tables={**self._hello.tables, table.name: table.to_json()})
            self._server.say(self._hello)

    @property
    def directory(self) -> Path:
        """The run's directory, where it is now."""
        return self._writer.present_path.parent

    @property
    def rows(self) -> dict[str, int]:
        """How many rows each table has."""
        return self._writer.rows

    def elapsed(self) -> float:
        """Seconds since the start of the run."""
        return time.monotonic() - self._start

    def row(self, table: str, values: Mapping[str, Any]) -> None:
        """One row of a table, `step` among its columns.

        Raises ValueError for values that are not a row of the table, `StoreError` when the file can no longer be
        written.
        """
        self._add(self._writer.table(table).row(values))
        if table == TRAIN.name:
            self.last_step = values["step"]
            if self.last_step < 2:  # from the gradient to the measurement, and from there to no stage any more
                self._server.say(self._phase(""))

    @property
    def no_room(self) -> str:
        """Why rows wait in memory: the disk is full. Empty where they do not."""
        return self._writer.no_room

    def begin(self, step: int) -> None:
        """What follows belongs to update `step`."""
        self._step = step
        self._doing(self._between, step)

    @property
    def waiting(self) -> int:
        """How many rows wait in memory."""
        return self._writer.waiting

    def sync(self) -> None:
        """Bring everything that was recorded to the disk itself. Raises `StoreError`."""
        self._writer.sync()

    def event(self, step: int, happening: Happening, by: By | None = None) -> None:
        """One row of the table `events`: something that happened before update `step`, and who has asked for it."""
        self._add(Event.of(step, self.elapsed(), happening, by).row())

    def _add(self, row: Row) -> None:
        self._server.publish(self._writer.append(row), row)

    def set_status(self, status: Status) -> None:
        """Set the run's status, which is on disk at once."""
        self._between = str(status) if status is Status.PAUSED else TRAINING
        self._doing(self._between, self._step)
        self._writer.set_status(status)
        self._server.say(State(str(status)))

    def close(self, status: Status) -> None:
        """Set the last status and close the file. Nothing can be recorded afterwards."""
        self.set_status(status)
        self._writer.close()

    def answer(self, asked: Asked, ok: bool, text: str) -> None:
        """Answer a command: whether it was carried out, and what happened in words."""
        self._server.answer(asked, ok, text)

    @contextmanager
    def activity(self, text: str) -> Iterator[None]:
        """In here `progress` reports this activity to the viewers, if it turns out to be slow."""
        self._activity, self._activity_since = text, time.monotonic()
        self._within = True
        self._doing(text, self._step)
        try:
            yield
        finally:
            self._within = False
            self._doing(self._between, self._step)
            if self._spoke:
                self._spoke = False
                self._server.say(self._phase(""))

    def progress(self, text: str | None, fraction: float | None) -> None:
        """Report how far the activity is, from 0 to 1. `text`, where given, is the new name of the activity."""
        self._activity = text or self._activity
        if not self._within:
            self._doing(self._activity, self._step)
        now = time.monotonic()
        if now - self._activity_since > SLOW and now - self._last_word > BETWEEN_WORDS:
            self._last_word = now
            self._spoke = True
            self._server.say(self._phase(self._activity, fraction))

    def _phase(self, text: str, fraction: float | None = None) -> Phase:
        """What is being done, with its stage until the row of step 1: the first measurement is between the two."""
        if self.last_step < 1:
            return (Stage.GRADIENT if self.last_step < 0 else Stage.MEASUREMENT).phase(text, fraction)
        return Phase(text, fraction)
