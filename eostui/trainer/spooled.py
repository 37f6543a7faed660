"""Hands commands that come as files to the trainer's own server, where they are treated like any viewer's."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

from eostui.link import spool
from eostui.link.client import LinkClient
from eostui.link.messages import Ack, Command
from eostui.link.server import LinkServer
from eostui.link.verb import Verb
from eostui.link.withdraw import has_begun


class Spooled:
    """The commands of a run's spool, and those that wait for an answer."""

    def __init__(self, directory: Path, server: LinkServer) -> None:
        """Commands to an earlier trainer of the run are removed."""
        self._server = server
        self._client: LinkClient | None = None
        self._asked: dict[int, str] = {}
        spool.take(directory)

    def look(self, directory: Path) -> None:
        """Take what has come, and leave the answers that there are by now. `directory` is the run's present path."""
        with contextlib.suppress(OSError):
            for name, command in spool.take(directory):
                if command is None:
                    spool.answer(directory, name, Ack(0, False, "this is no command that the trainer can read"))
                elif command.verb is Verb.STOP and not has_begun(directory):
                    os.kill(os.getpid(), signal.SIGTERM)  # commands are heard once there are steps to act between
                    spool.answer(directory, name, Ack(0, True, "stopping"))
                else:
                    self._ask(directory, name, command)
            for message in [] if self._client is None else self._client.take():
                if isinstance(message, Ack) and message.id in self._asked:
                    spool.answer(directory, self._asked.pop(message.id), message)

    def _ask(self, directory: Path, name: str, command: Command) -> None:
        try:
            if self._client is None or self._client.closed:
                self._client = LinkClient(self._server.connection())
            self._asked[self._client.send(command.verb, command.argument, command.by)] = name
        except OSError as error:
            spool.answer(directory, name, Ack(0, False, str(error)))
