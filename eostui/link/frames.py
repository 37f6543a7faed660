"""How messages travel: framed, versioned, and without pickle.

Protocol version 1. A stream is a sequence of frames, in both directions alike:

    offset  bytes  what
    0       4      the magic b"EOS1" (the digit is the protocol version)
    4       4      H, length of the header, unsigned little-endian
    8       4      B, length of the body, unsigned little-endian
    12      H      header: one JSON object in UTF-8; "kind" names the message
    12+H    B      body: the columns of a `rows` message one after the other, else empty

From a trainer, a header is at most `MAX_HEADER` and a body at most `MAX_BODY` bytes; from a viewer, a header is at most
`MAX_COMMAND` bytes and there is no body. In a header, objects and lists are at most `MAX_DEPTH` deep, together with
texts they are at most `MAX_PARTS` many, and a number has at most `MAX_NUMBER` characters. Whatever breaks these rules
ends the connection with a `FrameError`; nothing that arrives is ever executed or unpickled.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from typing import Any, TypeVar

MAGIC = b"EOS1"
MAX_HEADER = 1 << 20
MAX_BODY = 1 << 26
MAX_COMMAND = 1 << 13
MAX_DEPTH = 32
MAX_PARTS = 50_000
MAX_NUMBER = 64

_PREFIX = struct.Struct("<4sII")
PREFIX_BYTES = _PREFIX.size
_TEXT_OR_BRACKET = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
"""A text, which may have brackets in it, or a bracket. The `*+` never goes back: one pass, whatever the bytes are."""
_DEEPER = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}

Number = TypeVar("Number", int, float)


class FrameError(ValueError):
    """Bytes that are no frame of this protocol version."""


def encode_frame(header: dict[str, Any], body: bytes = b"", *, max_header: int = MAX_HEADER) -> bytes:
    """One frame, ready to be sent. Raises `FrameError` for one that is over the limit."""
    text = json.dumps(header, separators=(",", ":")).encode()
    if len(text) > max_header or len(body) > MAX_BODY:
        raise FrameError(f"a frame of {len(text)} + {len(body)} bytes is over the limit of {max_header} + {MAX_BODY}")
    return _PREFIX.pack(MAGIC, len(text), len(body)) + text + body


def frame_lengths(
    data: bytes | bytearray, start: int, max_header: int = MAX_HEADER, max_body: int = MAX_BODY
) -> tuple[int, int] | None:
    """How long header and body of the frame are that begins at `start`; None where this is not there yet.

    Raises `FrameError` where no frame begins there, or one over the limits.
    """
    if len(data) - start < _PREFIX.size:
        return None
    magic, header, body = _PREFIX.unpack_from(data, start)
    if magic != MAGIC:
        raise FrameError(f"expected the frame mark {MAGIC!r} and got {magic!r}: another protocol or version")
    if header > max_header or body > max_body:
        raise FrameError(f"a frame claims {header} + {body} bytes, over the limit of {max_header} + {max_body}")
    return header, body


class FrameDecoder:
    """Takes bytes as they arrive, in any pieces, and gives whole frames. It keeps one frame and what came with it."""

    def __init__(self, max_header: int = MAX_HEADER, max_body: int = MAX_BODY) -> None:
        self._max_header = max_header
        self._max_body = max_body
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[tuple[dict[str, Any], bytes]]:
        """The frames that are complete now, as (header, body). Raises `FrameError`."""
        self._buffer += data
        frames: list[tuple[dict[str, Any], bytes]] = []
        taken = 0
        while (lengths := frame_lengths(self._buffer, taken, self._max_header, self._max_body)) is not None:
            start = taken + _PREFIX.size
            body_start = start + lengths[0]
            end = body_start + lengths[1]
            if len(self._buffer) < end:
                break
            frames.append((_header(bytes(self._buffer[start:body_start])), bytes(self._buffer[body_start:end])))
            taken = end
        del self._buffer[:taken]
        return frames


def _header(text: bytes) -> dict[str, Any]:
    _check_parts(text)
    try:
        # As text: of bytes, json would guess whether they are UTF-16 or UTF-32, in which brackets look otherwise.
        header = json.loads(text.decode(), parse_int=_short(int), parse_float=_short(float))
    except FrameError:
        raise
    except ValueError as error:
        raise FrameError(f"a frame's header is no JSON: {error}") from error
    if not isinstance(header, dict) or not isinstance(header.get("kind"), str):
        raise FrameError("a frame's header is no JSON object with a kind")
    return header


def _check_parts(text: bytes) -> None:
    """Refuse what is nested too deeply before a parser, or anything else that calls itself, goes down there."""
    depth = 0
    for number, match in enumerate(_TEXT_OR_BRACKET.finditer(text)):
        depth += _DEEPER.get(match[0], 0)
        if depth > MAX_DEPTH or number >= MAX_PARTS:
            raise FrameError(f"a frame's header is more than {MAX_DEPTH} deep, or has more than {MAX_PARTS} parts")


def _short(number: Callable[[str], Number]) -> Callable[[str], Number]:
    """Reads a number that has no more characters than any that is sent."""

    def read(text: str) -> Number:
        if len(text) > MAX_NUMBER:
            raise FrameError(f"a frame's header has a number of {len(text)} characters, over the limit of {MAX_NUMBER}")
        return number(text)

    return read
