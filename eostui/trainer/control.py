"""The commands of viewers to a running trainer. They wait until the loop is between two steps."""

from __future__ import annotations

import signal
import time
from collections import deque
from collections.abc import Callable, Iterator

from eostui.link.server import LinkServer
from eostui.link.waiting import Asked
from eostui.store import By
from eostui.store.events import Signalled

REQUEUED = 128 + signal.SIGUSR1
"""The exit code of a run that has stopped for a scheduler to start it again."""


class Abandoned(BaseException):
    """Raised out of a pass over the data or a measurement that nobody waits for any more, because the run must stop.

    It is no Exception, because a user's code may catch all of those.
    """


class Control:
    """What viewers ask, and whether the run is paused or must stop."""

    def __init__(self, server: LinkServer, *, paused: bool, requeue: bool = False) -> None:
        """`requeue` says whether SIGUSR1 asks the run to stop, so that a scheduler can start it again."""
        self._server = server
        self._requeue = requeue
        self._signals: deque[Signalled] = deque()
        self.paused = paused
        self.stopping = False
        self.stopped_by: By | None = None
        """Who has asked for that first."""
        self.begun = False
        """Whether the run has its file: from then on, whoever trains looks at `stopping` again and again."""
        self.mark_as_stopped: Callable[[], None] = lambda: None
        """Says in the run's file that it was stopped, where a second signal kills a trainer that hears none."""
        self.to_save = False
        """Whether a signal has asked for a checkpoint, which is not written yet."""
        self.requeued = False
        """Whether the run stops because a scheduler is to start it again."""
        self.waited = 0.0
        """Seconds that the run has stood still for, waiting for a command."""

    def stop(self, by: By) -> None:
        """Ask the run to stop as soon as it can. This is safe in a signal handler."""
        self.stopped_by = self.stopped_by or by
        self.stopping = True

    def signalled(self, number: int) -> None:
        """Do what a signal asks for as soon as it can be done. This is safe in a signal handler."""
        name = signal.Signals(number).name
        ends = number in (signal.SIGTERM, signal.SIGINT)
        if number == signal.SIGUSR1 and self._requeue:
            ends = self.requeued = True
            text = f"{name}: stops with a checkpoint, to go on when it is started again"
        elif number == signal.SIGUSR1:
            self.to_save = True
            text = f"{name}: writes a checkpoint"
        else:
            text = f"{name}: {'stops' if ends else 'the training goes on'}"
        self._keep(Signalled(name, text, ends))
        if ends:
            self.stop(By.SIGNAL)

    def _keep(self, said: Signalled) -> None:
        if said not in self._signals:  # one that comes again and again must not fill the memory
            self._signals.append(said)

    def take_signals(self) -> Iterator[Signalled]:
        """The signals that have come since they were last taken, for the record."""
        while self._signals:
            yield self._signals.popleft()

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
            name = asked.command.argument
            if asked.command.by is By.SIGNAL and name in signal.Signals.__members__:
                self._keep(Signalled(str(name), f"{name} at the front end: stops", ends=True))
            self.stop(asked.command.by)
            self._server.answer(asked, True, "stopping")
