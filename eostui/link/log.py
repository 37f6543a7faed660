"""The trainer's log, which keeps its beginning and its end: a model that prints without end must not fill the disk.

The log is the standard output and error of the process, and of all that it starts, so that a crash in native code has
its last words in it. Nothing stands between the two: a log that has become too long is cut while it is written.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

LOG_NAME = "trainer.log"
"""Where in a run's directory its trainer writes what is not for the viewers."""
KEPT = 1 << 20
"""Bytes of its beginning and of its end that a log keeps."""
TOO_LONG = 3 * KEPT
"""Bytes beyond which a log is cut."""
_LEFT_OUT = re.compile(rb"^\[eostui: ([0-9]{1,18}) bytes are left out here\]\n", re.MULTILINE)
_LONGEST_LINE = 1 << 16
"""Bytes within which the end of a line is looked for."""
_AT_ONCE = 1 << 22
_ROUNDS = 4
"""How often what has come in the meantime is taken along. Who prints faster than that loses a moment of it."""


def cut(log: Path) -> None:
    """Leave out the middle of a log that is too long, with a line that says how much; others may write to it meanwhile.

    A process that is killed half-way leaves the end where it was. Whoever writes must append. Raises OSError.
    """
    if log.stat().st_size <= TOO_LONG:
        return
    descriptor = os.open(log, os.O_RDWR | os.O_NOFOLLOW)
    try:
        _cut(descriptor, os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)


def _cut(descriptor: int, size: int) -> None:
    head = os.pread(descriptor, KEPT + 100, 0)
    if before := _LEFT_OUT.search(head):
        begin, end, left_out = before.start(), before.end(), int(before[1])
    else:
        begin = end = head.rfind(b"\n", 0, KEPT) + 1 or KEPT
        left_out = 0
    tail = size - KEPT
    tail += os.pread(descriptor, _LONGEST_LINE, tail).find(b"\n") + 1
    notice = b"[eostui: %d bytes are left out here]\n" % (left_out + tail - end)
    place = begin + os.pwrite(descriptor, notice if head[begin - 1 : begin] == b"\n" else b"\n" + notice, begin)
    for _ in range(_ROUNDS):
        piece = os.pread(descriptor, _AT_ONCE, tail)
        if not piece:
            break
        place += os.pwrite(descriptor, piece, place)
        tail += len(piece)
    os.ftruncate(descriptor, place)
