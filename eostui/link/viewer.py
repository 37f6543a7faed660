"""A trainer's view of one viewer: its connection, what was received in part, and what is still to be sent."""

from __future__ import annotations

import contextlib
import select
import socket
import struct

from eostui.link.frames import MAX_COMMAND, FrameDecoder, FrameError
from eostui.link.messages import Command, Message, Trouble, decode, encode

AT_ONCE = 1 << 12
"""Bytes that are received from one viewer before it is the next one's turn."""


class Viewer:
    """One connection. Every method but `has_left` is for the thread that serves it.

    A viewer that has more than `backlog` unsent bytes is behind: until it has read, rows go past it, and of every other
    kind of message it gets the last one afterwards.
    """

    def __init__(self, connection: socket.socket, backlog: int) -> None:
        connection.setblocking(False)
        self.connection = connection
        self.process = _process_of(connection)
        self.unsent = bytearray()
        self.heard = True
        """Whether what it sends is read at present."""
        self._backlog = backlog
        self._decoder = FrameDecoder(MAX_COMMAND, 0)
        self._missed: dict[type[Message], bytes] = {}

    @property
    def behind(self) -> bool:
        """Whether it should read before it gets or asks for anything more."""
        return len(self.unsent) >= self._backlog

    def has_left(self) -> bool:
        """Whether the other end is closed: known at once, even where something was sent before and is unread."""
        try:
            poll = select.poll()
            poll.register(self.connection, 0)
            return bool(poll.poll(0))
        except (OSError, ValueError):  # closed here, too
            return True

    def receive(self) -> list[Command]:
        """The commands that are complete now. Raises OSError where it has hung up, `FrameError` for anything else."""
        data = self.connection.recv(AT_ONCE)
        if not data:
            raise ConnectionResetError("the viewer has hung up")
        commands = []
        for header, body in self._decoder.feed(data):
            message = decode(header, body)
            if not isinstance(message, Command):
                raise FrameError("a viewer sends commands and nothing else")
            commands.append(message)
        return commands

    def tell(self, kind: type[Message], frame: bytes) -> None:
        """Have a message sent, by its kind and frame; where the viewer is behind, the last one of each kind, later."""
        if self.behind:
            self._missed.pop(kind, None)  # the newest comes last
            self._missed[kind] = frame
        else:
            self.unsent += frame

    def push(self) -> None:
        """Send what the viewer takes. One that has hung up takes nothing; what it said before can still be received."""
        try:
            while self.unsent:
                sent = self.connection.send(memoryview(self.unsent)[: 1 << 16])
                del self.unsent[:sent]
        except BlockingIOError:
            pass
        except OSError:
            self.unsent.clear()
            self._missed.clear()
        if self._missed and not self.behind:
            self.unsent += b"".join(self._missed.values())
            self._missed.clear()

    def hang_up(self, why: str) -> None:
        """Close the connection, and say why where the viewer can still be told."""
        if why:
            self.unsent += encode(Trouble(why, hangs_up=True))
            self.push()
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)  # a process that the user's code has forked may hold it, too
        self.connection.close()


def _process_of(connection: socket.socket) -> int:
    """The id of the process at the other end; 0 where the system does not say."""
    if not hasattr(socket, "SO_PEERCRED"):
        return 0
    process, _, _ = struct.unpack("iII", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return int(process)
