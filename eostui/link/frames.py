"""How messages travel: framed, versioned, and without pickle.

Protocol version 1. A stream is a sequence of frames, in both directions alike:

    offset  bytes  what
    0       4      the magic b"EOS1" (the digit is the protocol version)
    4       4      H, length of the header, unsigned little-endian
    8       4      B, length of the body, unsigned little-endian
    12      H      header: one JSON object in UTF-8; "kind" names the message
    12+H    B      body: the columns of a `rows` message one after the other, else empty

A header is at most `MAX_HEADER` and a body at most `MAX_BODY` bytes. Whatever breaks these rules ends the connection
with a `FrameError`; nothing that arrives is ever executed or unpickled.
"""

from __future__ import annotations

import json
import struct
from typing import Any

MAGIC = b"EOS1"
MAX_HEADER = 1 << 20
MAX_BODY = 1 << 26

_PREFIX = struct.Struct("<4sII")


class FrameError(ValueError):
    """Bytes that are no frame of this protocol version."""


def encode_frame(header: dict[str, Any], body: bytes = b"") -> bytes:
    """One frame, ready to be sent."""
    text = json.dumps(header, separators=(",", ":")).encode()
    if len(text) > MAX_HEADER or len(body) > MAX_BODY:
        raise FrameError(f"a frame of {len(text)} + {len(body)} bytes is over the limit")
    return _PREFIX.pack(MAGIC, len(text), len(body)) + text + body


class FrameDecoder:
    """Takes bytes as they arrive, in any pieces, and gives whole frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[tuple[dict[str, Any], bytes]]:
        """The frames that are complete now, as (header, body). Raises `FrameError`."""
        self._buffer += data
        frames: list[tuple[dict[str, Any], bytes]] = []
        taken = 0
        while len(self._buffer) - taken >= _PREFIX.size:
            magic, header_length, body_length = _PREFIX.unpack_from(self._buffer, taken)
            if magic != MAGIC:
                raise FrameError(f"expected the frame mark {MAGIC!r} and got {magic!r}: another protocol or version")
            if header_length > MAX_HEADER or body_length > MAX_BODY:
                raise FrameError(f"a frame claims {header_length} + {body_length} bytes, over the limit")
            start = taken + _PREFIX.size
            end = start + header_length + body_length
            if len(self._buffer) < end:
                break
            body_start = start + header_length
            frames.append((_header(self._buffer[start:body_start]), bytes(self._buffer[body_start:end])))
            taken = end
        del self._buffer[:taken]
        return frames


def _header(text: bytearray) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except ValueError as error:
        raise FrameError(f"a frame's header is no JSON: {error}") from error
    if not isinstance(header, dict) or not isinstance(header.get("kind"), str):
        raise FrameError("a frame's header is no JSON object with a kind")
    return header
