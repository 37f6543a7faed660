"""The viewer's end of the pipe.

A thread reads and decodes into a list; whoever draws takes out what has come, once a frame. One user-interface
message a record would cost most of a core at ten thousand records a second; this costs little at any rate.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from pathlib import Path

from eostui.link.address import LinkError, connect
from eostui.link.frames import MAX_COMMAND, FrameDecoder, FrameError
from eostui.link.messages import Ack, Argument, Command, Ended, Message, Trouble, decode, encode
from eostui.link.verb import Verb
from eostui.one_line import in_one_line
from eostui.store import By, clean_text

MOST_WAITING = 20_000
"""Messages kept for a viewer that does not take them; beyond it nothing more is read …"""
MOST_BYTES = 1 << 24
"""… as beyond so many bytes: the trainer then drops rows, which are in the file."""
HEAR = 1.0
"""Seconds that a reason has to come where the trainer has hung up."""


class LinkClient:
    """A connection to a live trainer."""

    def __init__(self, connection: socket.socket, by: By = By.VIEWER) -> None:
        """`by` is who asks what is sent here, unless a command says otherwise."""
        self.fault = ""
        """Why nothing more is read although the training may go on: the trainer has hung up on this viewer, or sends
        what cannot be read. Empty where that is not so."""
        self._connection = connection
        self._by = by
        self._messages: list[Message] = []
        self._bytes = 0
        """How many the messages came in."""
        self._changed = threading.Condition()
        self._ids = itertools.count(1)
        self._closed = self._closing = False
        self._thread = threading.Thread(target=self._read, name="eostui-link-client", daemon=True)
        self._thread.start()

    @classmethod
    def to_run(cls, run_directory: Path, by: By = By.VIEWER) -> LinkClient:
        """Connect to the trainer of a run. Raises `LinkError` where none is live."""
        return cls(connect(run_directory), by)

    @property
    def closed(self) -> bool:
        """Whether the trainer has hung up and everything that it said was taken."""
        with self._changed:
            return self._closed and not self._messages

    def take(self, timeout: float = 0.0) -> list[Message]:
        """Everything that has come, oldest first; waits up to `timeout` seconds for the first."""
        with self._changed:
            if not self._messages and not self._closed and timeout > 0:
                self._changed.wait(timeout)
            taken, self._messages, self._bytes = self._messages, [], 0
            self._changed.notify_all()
            return taken

    def send(self, verb: Verb, argument: Argument = None, by: By | None = None) -> int:
        """Ask something of the trainer; the answer is an `Ack` with the id returned here. Raises `LinkError`."""
        command = Command(next(self._ids), verb, argument, by or self._by)
        try:
            self._connection.sendall(encode(command))
        except FrameError:
            raise LinkError(f"what '{verb}' says is too long: a command has at most {MAX_COMMAND} bytes") from None
        except OSError as error:
            self._thread.join(HEAR)
            raise LinkError(self.fault or "the trainer has hung up") from error
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
        raise LinkError(self.fault or f"the trainer ended before it answered '{verb}'")

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
        raise LinkError(self.fault or "the trainer ended without a word; `eostui ls` says what became of the run")

    def close(self) -> None:
        """Hang up; the training goes on."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout=1.0)
        self._connection.close()

    def give_up(self, error: Exception) -> None:
        """Hang up because the trainer sends what leads to this error."""
        self._cannot_read(error)
        self.close()

    def _cannot_read(self, error: Exception) -> None:
        said = str(error) if isinstance(error, ValueError) else in_one_line(error)
        self.fault = f"the trainer sends what this viewer cannot read ({clean_text(said, 200)})"

    def _read(self) -> None:
        decoder = FrameDecoder()
        try:
            while not self.fault and (data := self._connection.recv(1 << 18)):
                self._deliver([decode(header, body) for header, body in decoder.feed(data)], len(data))
        except OSError:
            pass  # the trainer has ended, or this viewer has hung up
        except Exception as error:  # whatever it is, the training goes on, and so does its file
            self._cannot_read(error)
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)  # the trainer need not go on sending
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _deliver(self, messages: list[Message], size: int) -> None:
        with self._changed:
            for message in messages:
                if isinstance(message, Trouble) and message.hangs_up:
                    self.fault = message.text
                else:
                    self._messages.append(message)
            self._bytes += size
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._closing or not self._is_full)

    @property
    def _is_full(self) -> bool:
        return bool(self._messages) and (len(self._messages) >= MOST_WAITING or self._bytes >= MOST_BYTES)
