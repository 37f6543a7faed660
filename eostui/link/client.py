"""The viewer's end of the pipe.

A thread reads and decodes into a deque; whoever draws takes out what has come, once a frame. One user-interface
message a record would cost most of a core at ten thousand records a second; this costs little at any rate.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections import deque
from pathlib import Path

from eostui.link.address import LinkError, connect
from eostui.link.frames import FrameDecoder, FrameError
from eostui.link.messages import Ack, Argument, Command, Ended, Message, Rows, decode, encode
from eostui.link.verb import Verb

MOST_WAITING = 20_000
"""Messages kept for a viewer that does not take them; beyond it the oldest rows go (the file has them)."""


class LinkClient:
    """A connection to a live trainer."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._messages: deque[Message] = deque()
        self._arrived = threading.Condition()
        self._ids = itertools.count(1)
        self._closed = False
        self._thread = threading.Thread(target=self._read, name="eostui-link-client", daemon=True)
        self._thread.start()

    @classmethod
    def to_run(cls, run_directory: Path) -> LinkClient:
        """Connect to the trainer of a run. Raises `LinkError` where none is live."""
        return cls(connect(run_directory))

    @property
    def closed(self) -> bool:
        """Whether the trainer has hung up and everything that it said was taken."""
        with self._arrived:
            return self._closed and not self._messages

    def take(self, timeout: float = 0.0) -> list[Message]:
        """Everything that has come, oldest first; waits up to `timeout` seconds for the first."""
        with self._arrived:
            if not self._messages and not self._closed and timeout > 0:
                self._arrived.wait(timeout)
            taken = list(self._messages)
            self._messages.clear()
            return taken

    def send(self, verb: Verb, argument: Argument = None) -> int:
        """Ask something of the trainer; the answer is an `Ack` with the id returned here. Raises `LinkError`."""
        command = Command(next(self._ids), verb, argument)
        try:
            self._connection.sendall(encode(command))
        except OSError as error:
            raise LinkError("the trainer has hung up") from error
        return command.id

    def request(self, verb: Verb, argument: Argument = None, timeout: float | None = None) -> Ack:
        """Ask, and wait for the answer. Raises `LinkError` when the trainer hangs up or `timeout` seconds pass
        first."""
        asked = self.send(verb, argument)
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.closed:
            for message in self.take(timeout=0.2):
                if isinstance(message, Ack) and message.id == asked:
                    return message
            if deadline is not None and time.monotonic() > deadline:
                raise LinkError(
                    f"the trainer has not answered '{verb}' within {timeout:g} s; it acts between two steps"
                )
        raise LinkError(f"the trainer ended before it answered '{verb}'")

    def last_word(self, timeout: float) -> str:
        """Wait until the trainer has ended; what it says of that. Raises `LinkError` where it ends without a word or
        goes on for `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not self.closed:
            for message in self.take(timeout=0.2):
                if isinstance(message, Ended):
                    return message.text
            if time.monotonic() > deadline:
                raise LinkError(f"the trainer has not ended within {timeout:g} s")
        raise LinkError("the trainer ended without a word; `eostui ls` says what became of the run")

    def close(self) -> None:
        """Hang up; the training goes on."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=1.0)
        self._connection.close()

    def _read(self) -> None:
        decoder = FrameDecoder()
        try:
            while data := self._connection.recv(1 << 18):
                self._deliver([decode(header, body) for header, body in decoder.feed(data)])
        except (OSError, FrameError):
            pass  # either way nothing more can be understood; the feed goes on with the file
        with self._arrived:
            self._closed = True
            self._arrived.notify_all()

    def _deliver(self, messages: list[Message]) -> None:
        with self._arrived:
            self._messages.extend(messages)
            if len(self._messages) > MOST_WAITING:
                kept = [message for message in self._messages if not isinstance(message, Rows)]
                self._messages = deque(kept)
            self._arrived.notify_all()
