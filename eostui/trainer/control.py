"""The commands of viewers to a running trainer. They wait until the loop is between two steps."""

from __future__ import annotations

import time

from eostui.link.server import LinkServer
from eostui.link.waiting import Asked


class Abandoned(BaseException):
    """Raised out of a pass over the data or a measurement that nobody waits for any more, because the run must stop.

    It is no Exception, because a user's code may catch all of those.
    """


class Control:
    """What viewers ask, and whether the run is paused or must stop."""

    def __init__(self, server: LinkServer, *, paused: bool) -> None:
        self._server = server
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
        self._hear_stops()
        if self.stopping:
            raise Abandoned

    def next_command(self, timeout: float = 0.0) -> Asked | None:
        """The next command that waits, to be applied now; waits up to `timeout` seconds for one."""
        start = time.monotonic()
        asked = self._server.take_command(timeout)
        if timeout:
            self.waited += time.monotonic() - start
        self._hear_stops()
        return asked

    def _hear_stops(self) -> None:
        # A stop does not wait for the end of the step: it must interrupt a long measurement.
        while (asked := self._server.take_stop()) is not None:
            self.stopping = True
            self._server.answer(asked, True, "stopping")
