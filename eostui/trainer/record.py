"""Everything that a run says, to the file and to the viewers at once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from eostui.link.messages import Phase, State
from eostui.link.server import Asked, LinkServer
from eostui.store import Event, Row, RunWriter, Status
from eostui.store.events import Happening

SLOW = 0.3
"""Seconds that an activity lasts before it is worth a word on the screen."""
BETWEEN_WORDS = 0.1
"""Least seconds between two words about the same activity."""


class Record:
    """Rows, events and status go to the run file and onto the pipe; progress goes onto the pipe alone."""

    def __init__(self, writer: RunWriter, server: LinkServer) -> None:
        self._writer = writer
        self._server = server
        self._start = time.monotonic()
        self._activity = ""
        self._activity_since = self._start
        self._last_word = -1.0
        self._spoke = False

    def elapsed(self) -> float:
        """Seconds since the start of the run."""
        return time.monotonic() - self._start

    def row(self, table: str, values: Mapping[str, Any]) -> None:
        """One row of a table, `step` among its columns.

        Raises ValueError for values that are no row of it, `StoreError` when the file can no longer be written.
        """
        self._add(self._writer.table(table).row(values))

    def event(self, step: int, happening: Happening) -> None:
        """One row of the table `events`: what has happened before update `step`."""
        self._add(Event.of(step, self.elapsed(), happening).row())

    def _add(self, row: Row) -> None:
        self._server.publish(self._writer.append(row), row)

    def set_status(self, status: Status) -> None:
        """The run's status, on disk at once."""
        self._writer.set_status(status)
        self._server.say(State(str(status)))

    def close(self, status: Status) -> None:
        """The last status; nothing can be recorded after it."""
        self.set_status(status)
        self._writer.close()

    def answer(self, asked: Asked, ok: bool, text: str) -> None:
        """Acknowledge a command."""
        self._server.answer(asked, ok, text)

    @contextmanager
    def activity(self, text: str) -> Iterator[None]:
        """While inside, `progress` tells the viewers of this activity, should it turn out to be slow."""
        self._activity, self._activity_since = text, time.monotonic()
        try:
            yield
        finally:
            if self._spoke:
                self._spoke = False
                self._server.say(Phase(""))

    def progress(self, text: str | None, fraction: float | None) -> None:
        """How far the activity is, in other words where `text` is given."""
        self._activity = text or self._activity
        now = time.monotonic()
        if now - self._activity_since > SLOW and now - self._last_word > BETWEEN_WORDS:
            self._last_word = now
            self._spoke = True
            self._server.say(Phase(self._activity, fraction))
