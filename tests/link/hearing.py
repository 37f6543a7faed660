"""What comes over a pipe, in tests."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable

from eostui.link.client import LinkClient
from eostui.link.frames import FrameDecoder
from eostui.link.messages import Message, decode


def until(client: LinkClient, wanted: Callable[[list[Message]], bool]) -> list[Message]:
    """What a viewer has heard when that is `wanted`."""
    received: list[Message] = []
    deadline = time.monotonic() + 10
    while not wanted(received):
        assert time.monotonic() < deadline, received
        received += client.take(timeout=0.1)
    return received


def all_that_comes(connection: socket.socket) -> list[Message]:
    """What the trainer says until it hangs up."""
    connection.settimeout(10)
    received = b""
    with contextlib.suppress(ConnectionResetError):  # it had not read all that was sent
        while data := connection.recv(1 << 16):
            received += data
    connection.close()
    return [decode(header, body) for header, body in FrameDecoder().feed(received)]
