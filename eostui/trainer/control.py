"""The commands of viewers to a running trainer. They wait until the loop is between two steps."""

from __future__ import annotations

import time
from collections import deque

from eostui.link.server import Asked, LinkServer
from eostui.link.verb import Verb


class Abandoned(Exception):
    """Raised out of a pass over the data or a measurement that nobody waits for any more, because the run must stop."""


class Control:
    """The waiting commands, and whether the run is paused or must stop."""

    def __init__(self, server: LinkServer, *, paused: bool) -> None:
        self._server = server
        self._waiting: deque[Asked] = deque()
        self.paused = paused
        self.stopping = False
        self.begun = False
        """Whether the run has its file: from then on, whoever trains looks at `stopping` again and again."""
        self.waited = 0.0
        """Seconds that the run has stood still for, waiting for a command."""

    def stop(self) -> None:
        """Ask the run to stop as soon as it can. This is safe in a signal handler."""
        self.stopping = True

    def abandon_if_stopping(self) -> None:
        """Raise `Abandoned` if a stop was asked for. Long work calls this again and again."""
        self._gather(0.0)
        if self.stopping:
            raise Abandoned

    def next_command(self, timeout: float = 0.0) -> Asked | None:
        """The oldest command that waits, to be applied now; waits up to `timeout` seconds for one."""
        start = time.monotonic()
        self._gather(0.0 if self._waiting else timeout)
        if timeout:
            self.waited += time.monotonic() - start
        return self._waiting.popleft() if self._waiting else None

    def _gather(self, timeout: float) -> None:
        asked = self._server.take_command(timeout)
        while asked is not None:
            if asked.command.verb is Verb.STOP:
                # A stop does not wait for the end of the step: it must interrupt a long measurement.
                self.stopping = True
                self._server.answer(asked, True, "stopping")
            else:
                self._waiting.append(asked)
            asked = self._server.take_command()
