"""The trainer's end of the pipe: one thread that serves any number of viewers and never holds the training up.

The training thread only appends to lists under a lock; this thread encodes and sends, a few times a second. A viewer
that does not read is not waited for: past a backlog of unsent bytes its rows are dropped. It finds them in the file.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from eostui.link.frames import FrameDecoder, FrameError
from eostui.link.messages import Ack, Command, Ended, Hello, Message, Phase, Rows, State, decode, encode
from eostui.store import Row

INTERVAL = 0.1
"""Seconds between two sendings of rows."""
BACKLOG = 4 << 20
"""Unsent bytes of one viewer beyond which rows to it are dropped."""


class _Viewer:
    """One connection, with what was received in part and what is still to be sent."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.connection = connection
        self.decoder = FrameDecoder()
        self.unsent = bytearray()


@dataclass(frozen=True)
class Asked:
    """A command, and who is to be told what became of it."""

    command: Command
    viewer: _Viewer


class LinkServer:
    """Serves a listening socket until `close`. All methods may be called from any thread.

    A viewer with more than `backlog` unsent bytes gets no further rows until it has read some.
    """

    def __init__(self, listener: socket.socket, *, backlog: int = BACKLOG) -> None:
        listener.setblocking(False)
        self._listener = listener
        self._backlog = backlog
        self._lock = threading.Lock()
        self._commands: deque[Asked] = deque()
        self._command_came = threading.Condition(self._lock)
        self._said: dict[type[Message], Message] = {}
        self._outbox: list[tuple[Message, _Viewer | None]] = []
        self._rows: dict[str, tuple[int, list[Row]]] = {}
        self._closing = False
        self._selector = selectors.DefaultSelector()
        self._viewers: set[_Viewer] = set()
        wake_receiver, self._wake = os.pipe()
        os.set_blocking(wake_receiver, False)
        os.set_blocking(self._wake, False)
        self._selector.register(listener, selectors.EVENT_READ, None)
        self._selector.register(wake_receiver, selectors.EVENT_READ, None)
        self._wake_receiver = wake_receiver
        self._thread = threading.Thread(target=self._serve, name="eostui-link", daemon=True)
        self._thread.start()

    def say(self, message: Hello | Phase | State | Ended) -> None:
        """Tell every viewer, and every later one as soon as it connects."""
        with self._lock:
            self._outbox.append((message, None))
        self._nudge()

    def publish(self, index: int, row: Row) -> None:
        """Queue one row, the `index`-th of its table, for the next sending."""
        with self._lock:
            self._rows.setdefault(row.table.name, (index, []))[1].append(row)

    def take_command(self, timeout: float = 0.0) -> Asked | None:
        """The oldest command that was not taken yet; waits up to `timeout` seconds for one."""
        with self._command_came:
            if not self._commands and timeout > 0:
                self._command_came.wait(timeout)
            return self._commands.popleft() if self._commands else None

    def answer(self, asked: Asked, ok: bool, text: str) -> None:
        """Acknowledge a command to the viewer that sent it."""
        with self._lock:
            self._outbox.append((Ack(asked.command.id, ok, text), asked.viewer))
        self._nudge()

    def close(self, timeout: float = 2.0) -> None:
        """Send what is queued, then hang up; a viewer that does not read is given `timeout` seconds."""
        with self._lock:
            self._closing = True
        self._nudge()
        self._thread.join(timeout)

    def _nudge(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake, b".")

    def _serve(self) -> None:
        while True:
            for key, _ in self._selector.select(INTERVAL):
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj == self._wake_receiver:
                    os.read(self._wake_receiver, 4096)
                else:
                    self._receive(key.data)
            with self._lock:
                outbox, self._outbox = self._outbox, []
                rows, self._rows = self._rows, {}
                closing = self._closing
            for first, pending in rows.values():
                self._send_rows(_message_of(first, pending))
            for message, addressee in outbox:
                self._send(encode(message), self._viewers if addressee is None else {addressee})
                if addressee is None:
                    self._said[type(message)] = message
            for viewer in list(self._viewers):
                self._push(viewer)
            if closing and not any(viewer.unsent for viewer in self._viewers):
                break
        for viewer in list(self._viewers):
            self._drop(viewer)
        self._listener.close()

    def _accept(self) -> None:
        """Take a viewer in, and tell it what was said last of each kind before it came."""
        with contextlib.suppress(OSError):
            connection, _ = self._listener.accept()
            viewer = _Viewer(connection)
            self._viewers.add(viewer)
            self._selector.register(connection, selectors.EVENT_READ, viewer)
            for kind in (Hello, State, Phase, Ended):
                if kind in self._said:
                    viewer.unsent += encode(self._said[kind])

    def _receive(self, viewer: _Viewer) -> None:
        try:
            data = viewer.connection.recv(1 << 16)
            messages = [decode(header, body) for header, body in viewer.decoder.feed(data)]
        except BlockingIOError:
            return
        except (OSError, FrameError):
            self._drop(viewer)
            return
        if not data:
            self._drop(viewer)
            return
        with self._command_came:
            self._commands.extend(Asked(message, viewer) for message in messages if isinstance(message, Command))
            self._command_came.notify_all()

    def _send(self, frame: bytes, viewers: Iterable[_Viewer]) -> None:
        for viewer in viewers:
            viewer.unsent += frame

    def _send_rows(self, rows: Rows) -> None:
        ready = [viewer for viewer in self._viewers if len(viewer.unsent) < self._backlog]
        if ready:
            self._send(encode(rows), ready)

    def _push(self, viewer: _Viewer) -> None:
        try:
            while viewer.unsent:
                sent = viewer.connection.send(memoryview(viewer.unsent)[: 1 << 16])
                del viewer.unsent[:sent]
        except BlockingIOError:
            return
        except OSError:
            self._drop(viewer)

    def _drop(self, viewer: _Viewer) -> None:
        if viewer in self._viewers:
            self._viewers.remove(viewer)
            self._selector.unregister(viewer.connection)
            viewer.connection.close()


def _message_of(first: int, rows: list[Row]) -> Rows:
    """Rows of one table as a message, a column at a time."""
    table = rows[0].table
    columns = zip(*(row.values for row in rows), strict=True)
    named = zip(table.columns, columns, strict=True)
    return Rows(table.name, first, {column.name: np.array(values) for column, values in named})
