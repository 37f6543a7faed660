"""The commands that wait for the training: viewers take turns, so many a second are given out, and a stop is heard at
once."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from eostui.link.messages import Command
from eostui.link.verb import Verb
from eostui.link.viewer import Viewer

MOST_OF_A_VIEWER = 64
"""Waiting commands of one viewer beyond which no more are read from it."""
A_SECOND = 50.0
"""Commands that a training which goes on is given in a second, from all viewers together …"""
AT_ONCE = 100.0
"""… and how many may come at once where there were none before."""


@dataclass(frozen=True)
class Asked:
    """A command, and who is to be told what became of it."""

    command: Command
    viewer: Viewer


class Waiting:
    """Commands that were received and not taken yet. All methods may be called from any thread.

    Commands of a viewer keep their order. Those of one that has left are dropped; only its stop still counts.
    """

    def __init__(self) -> None:
        self._came = threading.Condition()
        self._turns: dict[Viewer, deque[Command]] = {}
        """By viewer, the one whose turn it is first. Whoever has nothing that waits is not in it."""
        self._stops: deque[Asked] = deque()
        self._allowed = AT_ONCE
        self._counted = time.monotonic()

    def add(self, viewer: Viewer, commands: Iterable[Command]) -> None:
        """Take in what a viewer has asked."""
        with self._came:
            for command in commands:
                if command.verb is Verb.STOP:
                    self._stops.append(Asked(command, viewer))
                else:
                    self._turns.setdefault(viewer, deque()).append(command)
            self._came.notify_all()

    def is_full(self, viewer: Viewer) -> bool:
        """Whether a viewer has to wait before it may ask for more."""
        with self._came:
            stops = sum(asked.viewer is viewer for asked in self._stops)
            return stops + len(self._turns.get(viewer, ())) >= MOST_OF_A_VIEWER

    def take_stop(self) -> Asked | None:
        """The oldest stop."""
        with self._came:
            return self._stops.popleft() if self._stops else None

    def take(self, timeout: float) -> Asked | None:
        """The next command, or None where none may be taken now.

        With a `timeout` the training stands still: then this waits up to so many seconds for a command or a stop, and
        any number of commands may be taken.
        """
        with self._came:
            if timeout > 0:
                self._came.wait_for(lambda: self._turns or self._stops, timeout)
            elif not self._may_take():
                return None
            while self._turns:
                viewer = next(iter(self._turns))
                commands = self._turns.pop(viewer)
                if viewer.has_left():
                    continue
                command = commands.popleft()
                if commands:
                    self._turns[viewer] = commands  # at the end
                if timeout <= 0:
                    self._allowed -= 1
                return Asked(command, viewer)
            return None

    def _may_take(self) -> bool:
        now = time.monotonic()
        self._allowed = min(self._allowed + A_SECOND * (now - self._counted), AT_ONCE)
        self._counted = now
        return self._allowed >= 1
