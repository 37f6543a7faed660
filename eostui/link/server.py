"""The trainer's end of the pipe: one thread that serves its viewers and never holds the training up.

The training thread only appends to lists under a lock; this thread encodes and sends, a few times a second. A viewer
that does not read is not waited for: past a backlog of unsent bytes its rows are dropped. It finds them in the file.
Whatever a viewer sends or does costs that viewer alone, and a bounded share of the processor.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import sys
import threading
import time
import traceback
import weakref
from collections import deque
from functools import partial

from eostui.link.frames import FrameError
from eostui.link.messages import Ack, Ended, Hello, Message, Phase, Rows, State, Trouble, encode
from eostui.link.viewer import Viewer
from eostui.link.waiting import Asked, Waiting
from eostui.one_line import in_one_line
from eostui.store import Row

INTERVAL = 0.1
"""Seconds between two sendings of rows."""
REST = 0.005
"""Seconds of rest after each round, at least …"""
SHARE = 0.2
"""… and so much that this thread has at most this share of a processor, whoever keeps it busy …"""
LONGEST_REST = 1.0
"""… as long as that takes no more seconds."""
BACKLOG = 4 << 20
"""Unsent bytes of one viewer beyond which rows to it are dropped."""
MOST_VIEWERS = 64
"""Connections at a time …"""
MOST_OF_A_PROCESS = 16
"""… and from one process: one that takes all that it can get leaves room for others."""
MOST_NEW = 32
"""Connections that are taken in in one round."""
MOST_ROWS = 100_000
"""Rows of a table that wait for the next sending; beyond it they are dropped."""
AFTER_A_FAULT = 0.5
"""Seconds until this thread goes on after a fault of its own."""


class LinkServer:
    """Serves a listening socket until `close`. All methods may be called from any thread.

    listener: None where no socket could be made: then only those are served that `take_in` is given. A viewer with more
    than `backlog` unsent bytes gets no further rows until it has read some. A process that this one forks holds none of
    the connections.
    """

    def __init__(self, listener: socket.socket | None, *, backlog: int = BACKLOG) -> None:
        if listener is not None:
            listener.setblocking(False)
        self._listener = listener
        self._new: deque[socket.socket] = deque()
        self._backlog = backlog
        self._lock = threading.Lock()
        self._waiting = Waiting()
        self._said: dict[type[Message], bytes] = {}
        self._outbox: deque[tuple[Message, Viewer | None]] = deque()
        self._rows: dict[str, tuple[int, list[Row]]] = {}
        self._closing = False
        self._viewers: set[Viewer] = set()
        self._spare: int | None = os.open(os.devnull, os.O_RDONLY)
        """Given up for a moment where no other descriptor is left, to take in a viewer and tell it so."""
        self._wake_receiver, self._wake = os.pipe()
        os.set_blocking(self._wake_receiver, False)
        os.set_blocking(self._wake, False)
        self._selector = self._new_selector()
        os.register_at_fork(after_in_child=partial(_let_go, weakref.ref(self)))
        self._thread = threading.Thread(target=self._run, name="eostui-link", daemon=True)
        self._thread.start()

    def say(self, message: Hello | Phase | State | Ended) -> None:
        """Tell every viewer, and every later one as soon as it connects."""
        with self._lock:
            self._outbox.append((message, None))
        self._nudge()

    def publish(self, index: int, row: Row) -> None:
        """Queue one row, the `index`-th of its table, for the next sending."""
        with self._lock:
            _, rows = self._rows.setdefault(row.table.name, (index, []))
            if len(rows) >= MOST_ROWS:
                self._rows[row.table.name] = index, rows = index, []
            rows.append(row)

    def take_command(self, timeout: float = 0.0) -> Asked | None:
        """The next command other than a stop, None where none may be taken now; see `Waiting.take`."""
        return self._waiting.take(timeout)

    def take_stop(self) -> Asked | None:
        """A command to stop, which does not wait for those that came before it."""
        return self._waiting.take_stop()

    def answer(self, asked: Asked, ok: bool, text: str) -> None:
        """Acknowledge a command to the viewer that sent it."""
        with self._lock:
            self._outbox.append((Ack(asked.command.id, ok, text), asked.viewer))
        self._nudge()

    def take_in(self, connection: socket.socket) -> None:
        """Serve whoever is at the other end of a connection."""
        self._new.append(connection)
        self._nudge()

    def connection(self) -> socket.socket:
        """A connection to this server from within its own process. Raises OSError."""
        theirs, ours = socket.socketpair()
        self.take_in(ours)
        return theirs

    def close(self, timeout: float = 2.0) -> None:
        """Send what is queued, then hang up; a viewer that does not read is given `timeout` seconds."""
        with self._lock:
            self._closing = True
        self._nudge()
        self._thread.join(timeout)

    def _nudge(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake, b".")

    def _new_selector(self) -> selectors.BaseSelector:
        selector = selectors.DefaultSelector()
        if self._listener is not None:
            selector.register(self._listener, selectors.EVENT_READ, partial(self._accept, self._listener))
        selector.register(self._wake_receiver, selectors.EVENT_READ, self._woken)
        return selector

    def _run(self) -> None:
        logged = ""
        while True:
            try:
                self._serve()
                break
            except Exception as error:  # the training goes on, and whoever watches it must not be lost
                text = f"the thread that serves viewers failed and was started again: {in_one_line(error)}"
                if text != logged:  # once, where it happens again and again
                    traceback.print_exc()
                    print(f"eostui: {text}", file=sys.stderr, flush=True)
                    logged = text
                time.sleep(AFTER_A_FAULT)
                self._start_again(text)
        for viewer in list(self._viewers):
            self._drop(viewer)
        if self._listener is not None:
            self._listener.close()

    def _start_again(self, text: str) -> None:
        with contextlib.suppress(Exception):  # where even this fails, the next round says so
            self._selector.close()
            self._selector = self._new_selector()
            for viewer in list(self._viewers):
                viewer.heard = False  # the next round registers it
            self._outbox.append((Trouble(text), None))

    def _serve(self) -> None:
        while True:
            began = time.thread_time()
            for key, _ in self._selector.select(INTERVAL):
                if isinstance(key.data, Viewer):
                    self._receive(key.data)
                else:
                    key.data()
            while self._new:
                self._welcome(self._new.popleft())
            with self._lock:
                rows, self._rows = self._rows, {}
                messages = len(self._outbox)
                closing = self._closing
            for first, pending in rows.values():
                self._send_rows(first, pending)
            for _ in range(messages):
                self._send(*self._outbox.popleft())
            for viewer in list(self._viewers):
                self._attend(viewer)
            if closing and not any(viewer.unsent for viewer in self._viewers):
                return
            took = time.thread_time() - began
            time.sleep(REST if closing else min(max(REST, took * (1 / SHARE - 1)), LONGEST_REST))

    def _woken(self) -> None:
        os.read(self._wake_receiver, 4096)

    def _accept(self, listener: socket.socket) -> None:
        """Take new viewers in."""
        with contextlib.suppress(OSError):  # there are no more, or one has gone already
            for _ in range(MOST_NEW):
                self._welcome(self._next_connection(listener))

    def _welcome(self, connection: socket.socket) -> None:
        """Take a viewer in, and tell it what was said last of each kind before it came."""
        viewer = Viewer(connection, self._backlog)
        if refusal := self._refusal(viewer):
            viewer.hang_up(refusal)
            return
        self._viewers.add(viewer)
        self._selector.register(viewer.connection, selectors.EVENT_READ, viewer)
        for kind in (Hello, State, Phase, Ended):
            if kind in self._said:
                viewer.tell(kind, self._said[kind])

    def _next_connection(self, listener: socket.socket) -> socket.socket:
        """The next connection. Raises OSError where there is none, or no descriptor for it."""
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            raise
        except OSError as error:
            if self._spare is not None:
                os.close(self._spare)
                self._spare = None
            try:
                connection, _ = listener.accept()
                Viewer(connection, self._backlog).hang_up(f"the trainer can take no viewer in: {error.strerror}")
            finally:
                with contextlib.suppress(OSError):
                    self._spare = os.open(os.devnull, os.O_RDONLY)
            raise
        return connection

    def _refusal(self, viewer: Viewer) -> str:
        """Why a viewer cannot be taken in; empty where it can."""
        there = [other for other in self._viewers if not other.has_left()]
        if len(there) >= MOST_VIEWERS:
            return f"{MOST_VIEWERS} viewers are connected, which is the most: close one of them"
        of_process = sum(other.process == viewer.process for other in there)
        if viewer.process and of_process >= MOST_OF_A_PROCESS:
            return f"process {viewer.process} has {MOST_OF_A_PROCESS} connections, which is the most: close one of them"
        return ""

    def _receive(self, viewer: Viewer) -> None:
        try:
            left = viewer.has_left()
            self._waiting.add(viewer, viewer.receive())
            if left:  # only a stop would still count, and that comes first or not at all
                self._drop(viewer)
        except BlockingIOError:
            pass
        except OSError:
            self._drop(viewer)
        except FrameError as error:
            self._drop(viewer, f"what this viewer sends cannot be read: {error}")
        except Exception as error:  # whatever else it is, it concerns nobody else
            traceback.print_exc()
            self._drop(viewer, f"what this viewer sends cannot be dealt with: {in_one_line(error)}")

    def _send(self, message: Message, addressee: Viewer | None) -> None:
        frame = encode(message)
        if addressee is not None:
            addressee.unsent += frame
            return
        if not isinstance(message, Trouble):
            self._said[type(message)] = frame
        for viewer in self._viewers:
            viewer.tell(type(message), frame)

    def _send_rows(self, first: int, rows: list[Row]) -> None:
        ready = [viewer for viewer in self._viewers if not viewer.behind]
        if ready:
            frame = encode(Rows.of(first, rows))
            for viewer in ready:
                viewer.unsent += frame

    def _attend(self, viewer: Viewer) -> None:
        """Send to a viewer, and listen to it while it may ask for more. One that has left is dropped."""
        try:
            viewer.push()
            hear = not viewer.behind and not self._waiting.is_full(viewer)
            if hear and not viewer.heard:
                self._selector.register(viewer.connection, selectors.EVENT_READ, viewer)
            elif not hear and viewer.heard:
                self._selector.unregister(viewer.connection)
            viewer.heard = hear
        except Exception:  # its descriptor was closed by somebody else, for one
            self._drop(viewer)
            return
        if not hear and viewer.has_left():
            self._drop(viewer)

    def _drop(self, viewer: Viewer, why: str = "") -> None:
        if viewer in self._viewers:
            self._viewers.remove(viewer)
            with contextlib.suppress(KeyError, ValueError, OSError):  # it may not be listened to
                self._selector.unregister(viewer.connection)
            viewer.hang_up(why)


def _let_go(reference: weakref.ref[LinkServer]) -> None:
    """In a process that was forked: close what only the trainer itself may hold. A viewer else never hears of its end,
    and a new one waits for an answer."""
    server = reference()
    if server is not None:
        held = [server._listener, *server._new, *(viewer.connection for viewer in server._viewers)]
        for connection in held:
            if connection is not None:
                connection.close()
