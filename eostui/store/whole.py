"""What a file's bytes say of it before HDF5 is let near them: that its end is there, and that its texts can be read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from eostui.store.errors import refuse

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
"""What every HDF5 file begins with."""
_OLDEST_SWMR_SUPERBLOCK = 3
"""The first version of the superblock that a file written in SWMR mode can have."""
_SUPERBLOCK_BYTES = 48
"""The size of a superblock of that version."""
_HEAP = b"GCOL\x01\0\0\0"
"""What every global heap begins with."""
_HEAP_HEADER_BYTES = 16
"""The size of the header of a global heap, and of an object in it."""
_STRETCH_BYTES = 1 << 20
"""Heaps are searched for so far from the beginning, and at least so far beyond each that is found."""
_MOST_HOLES = 16
"""So many times what is on disk a file may have: a copy can leave out blocks of zeros, but not this many."""
_SMALL_BYTES = 1 << 20
"""A file of this size may consist of holes."""
_MAX_STRETCHES = 4096
"""The most stretches between two holes that are looked at."""


def check_whole(path: Path) -> None:
    """Refuse what is no HDF5 file such as a run's, one that is cut short, and one whose texts would hang their reader.

    Raises RunFileError.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise refuse(path, "is a directory, not a file" if stat.S_ISDIR(status.st_mode) else "is no file")
        with path.open("rb", buffering=0) as stream:
            _check_bytes(path, stream.fileno())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise refuse(path, f"cannot be read: {reason}") from None


def _check_bytes(path: Path, descriptor: int) -> None:
    head = os.pread(descriptor, _SUPERBLOCK_BYTES, 0)
    if not head:
        raise refuse(path, "is empty, not a run file")
    if not head.startswith(_SIGNATURE):
        raise refuse(path, "is not an HDF5 file, so not a run file")
    if head[len(_SIGNATURE) : len(_SIGNATURE) + 1] < bytes([_OLDEST_SWMR_SUPERBLOCK]):
        raise refuse(path, "is an HDF5 file of another program, not a run file")
    size = os.fstat(descriptor).st_size  # after the superblock, for the file of a run that goes on only grows
    _check_end(path, head, size)
    _check_holes(path, descriptor, size)
    _check_heaps(path, descriptor, size)


def _check_end(path: Path, superblock: bytes, size: int) -> None:
    """Refuse a file whose end is missing: HDF5 reads zeros in the place of a chunk that is cut off.

    The superblock has the address of the end: of a finished file that of the file, of one that is being written, or
    whose writer was killed, that of its last flush as a whole, or an earlier one.
    """
    end = int.from_bytes(superblock[28:36], "little")
    if len(superblock) < _SUPERBLOCK_BYTES or (superblock[9] == 8 and size < end):
        wanted = max(end, _SUPERBLOCK_BYTES)
        raise refuse(path, f"is damaged: it is cut short, with {size:,} bytes of at least {wanted:,}")


def _check_holes(path: Path, descriptor: int, size: int) -> None:
    """Refuse a large file that is mostly holes: what is to be read must not cost more than what was written.

    Not by the blocks that are allocated, which some file systems count seconds later, or after compression.
    """
    if size <= _SMALL_BYTES or not hasattr(os, "SEEK_HOLE"):
        return
    wanted, data, place = size // _MOST_HOLES, 0, 0
    try:
        for _ in range(_MAX_STRETCHES):
            begin = os.lseek(descriptor, place, os.SEEK_DATA)
            place = os.lseek(descriptor, begin, os.SEEK_HOLE)
            data += place - begin
            if data >= wanted:
                return
    except OSError:  # no data beyond the last stretch, or a file system that knows no holes
        if place == 0 and data == 0 and os.fstat(descriptor).st_blocks:
            return
    raise refuse(path, f"is damaged, or not a run file: of its {size:,} bytes only {data:,} were ever written")


def _check_heaps(path: Path, descriptor: int, size: int) -> None:
    """Refuse a file whose global heaps, where HDF5 keeps texts, do not add up.

    They carry no checksum, and an object of no size, which damage can make and which a heap that is cut short ends in,
    has HDF5 2.0 go round for ever. A run's texts are its attributes, which are written first of all: its heaps are at
    the beginning, one not far from the other.
    """
    begin = searched = 0
    while begin <= searched:
        block = os.pread(descriptor, _STRETCH_BYTES + len(_HEAP) - 1, begin)
        found = block.find(_HEAP)
        while found >= 0:
            start = begin + found
            end = start + int.from_bytes(os.pread(descriptor, 8, start + len(_HEAP)), "little")
            if end > size or not _adds_up(descriptor, start + _HEAP_HEADER_BYTES, end):
                raise refuse(path, "is damaged, or not a run file: a heap of texts does not add up")
            searched = max(searched, begin + _STRETCH_BYTES, end)
            found = block.find(_HEAP, found + len(_HEAP))
        begin += _STRETCH_BYTES


def _adds_up(descriptor: int, place: int, end: int) -> bool:
    """Whether a heap's objects, from `place` on, reach its end, each with a size."""
    while end - place >= _HEAP_HEADER_BYTES:
        header = os.pread(descriptor, _HEAP_HEADER_BYTES, place)
        index, size = int.from_bytes(header[:2], "little"), int.from_bytes(header[8:], "little")
        if index == 0 and size < _HEAP_HEADER_BYTES:
            return False
        # The space that is free is object 0, and its header is counted in its size.
        place += size if index == 0 else _HEAP_HEADER_BYTES + (size + 7) // 8 * 8
    return place <= end
