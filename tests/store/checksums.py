"""The parts of an HDF5 file that carry a checksum, and the checksum itself: so that a test can damage what HDF5 trusts.

HDF5 File Format Specification, version 3; the checksum is Bob Jenkins's lookup3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_FIXED = {b"EAHD": 68, b"FRHP": 142, b"BTHD": 34}
"""Headers of one size: of a chunk index, of a heap and of a tree, with the bytes before their checksum."""
_SUPERBLOCK = (0, 44)
_CONTINUATION = 0x10
"""The message that tells where an object header goes on."""

Part = tuple[int, int]
"""Where a part begins, and where its checksum does."""


def parts(content: bytes) -> list[Part]:
    """The parts of a whole file whose checksum is right, the superblock first."""
    found = [_SUPERBLOCK, *_headers(content), *_fixed(content)]
    return [part for part in found if _stored(content, part) == checksum(content[slice(*part)])]


def mend(content: bytearray, part: Part) -> None:
    """Make the checksum of a part right again."""
    content[part[1] : part[1] + 4] = checksum(bytes(content[slice(*part)])).to_bytes(4, "little")


def _stored(content: bytes, part: Part) -> int:
    return int.from_bytes(content[part[1] : part[1] + 4], "little")


def _fixed(content: bytes) -> Iterator[Part]:
    for signature, size in _FIXED.items():
        for place in _places(content, signature):
            yield place, place + size


def _headers(content: bytes) -> Iterator[Part]:
    """The object headers and where they go on."""
    for place in _places(content, b"OHDR"):
        flags = content[place + 5]
        begin = place + 6 + 16 * bool(flags & 0x20) + 4 * bool(flags & 0x10)
        width = 1 << (flags & 3)
        size = int.from_bytes(content[begin : begin + width], "little")
        begin += width
        yield place, begin + size
        yield from _continued(content, begin, begin + size, 4 + 2 * bool(flags & 4))


def _continued(content: bytes, place: int, end: int, head: int) -> Iterator[Part]:
    while place + head <= end:
        size = int.from_bytes(content[place + 1 : place + 3], "little")
        data = content[place + head : place + head + size]
        if content[place] == _CONTINUATION and len(data) == 16:
            start, length = int.from_bytes(data[:8], "little"), int.from_bytes(data[8:], "little")
            yield start, start + length - 4
            yield from _continued(content, start + 4, start + length - 4, head)
        place += head + size


def _places(content: bytes, signature: bytes) -> Iterator[int]:
    place = content.find(signature)
    while place >= 0:
        yield place
        place = content.find(signature, place + 1)


def checksum(data: bytes) -> int:
    """lookup3 of some bytes, `hashlittle` with a first value of 0."""
    a = b = c = (0xDEADBEEF + len(data)) & 0xFFFFFFFF
    words = struct.iter_unpack("<3I", data.ljust(-(-len(data) // 12) * 12, b"\0"))
    for left, (first, second, third) in zip(range(len(data), 0, -12), words, strict=True):
        a, b, c = (a + first) & 0xFFFFFFFF, (b + second) & 0xFFFFFFFF, (c + third) & 0xFFFFFFFF
        if left <= 12:
            return _final(a, b, c)
        a, b, c = _mix(a, b, c)
    return c


def _turned(value: int, by: int) -> int:
    return ((value << by) | (value >> (32 - by))) & 0xFFFFFFFF


def _mix(a: int, b: int, c: int) -> tuple[int, int, int]:
    x, y, z = a, c, b
    for by in (4, 6, 8, 16, 19, 4):
        x = ((x - y) & 0xFFFFFFFF) ^ _turned(y, by)
        y = (y + z) & 0xFFFFFFFF
        x, y, z = z, x, y
    return x, z, y


def _final(a: int, b: int, c: int) -> int:
    c = ((c ^ b) - _turned(b, 14)) & 0xFFFFFFFF
    a = ((a ^ c) - _turned(c, 11)) & 0xFFFFFFFF
    b = ((b ^ a) - _turned(a, 25)) & 0xFFFFFFFF
    c = ((c ^ b) - _turned(b, 16)) & 0xFFFFFFFF
    a = ((a ^ c) - _turned(c, 4)) & 0xFFFFFFFF
    b = ((b ^ a) - _turned(a, 14)) & 0xFFFFFFFF
    return ((c ^ b) - _turned(b, 24)) & 0xFFFFFFFF
