"""A log that is too long is cut in its middle, while others write to it."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

import pytest

from eostui.link.log import KEPT, TOO_LONG, cut


def _lines(first: int, count: int) -> bytes:
    return b"".join(b"line %9d\n" % number for number in range(first, first + count))


def test_a_log_keeps_its_ends_and_says_how_much_is_left_out(tmp_path: Path) -> None:
    log = tmp_path / "trainer.log"
    whole = b""
    for turn in range(3):
        more = _lines(turn * 400_000, 400_000)
        whole += more
        with log.open("ab") as file:
            file.write(more)
        cut(log)
    left = log.read_bytes()
    assert len(left) < TOO_LONG
    (notice,) = re.findall(rb"\[eostui: \d+ bytes are left out here\]\n", left)
    head, tail = left.split(notice)
    assert len(head) > KEPT - 20
    assert len(tail) > KEPT - 20
    assert whole.startswith(head)
    assert whole.endswith(tail)
    assert int(notice.split()[1]) == len(whole) - len(head) - len(tail)
    assert tail.startswith(b"line ")
    cut(log)
    assert log.read_bytes() == left


@pytest.mark.parametrize("text", [b"x", b"0\r", b"\0"])
def test_a_log_without_lines_is_cut_as_well(tmp_path: Path, text: bytes) -> None:
    log = tmp_path / "trainer.log"
    log.write_bytes(text * (5 << 20))
    cut(log)
    assert len(log.read_bytes()) < 2 * KEPT + 100
    assert b"bytes are left out here" in log.read_bytes()


def test_what_is_written_while_a_log_is_cut_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "trainer.log"
    log.write_bytes(_lines(0, 500_000))
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND)
    done = threading.Event()

    def write() -> None:
        number = 500_000
        while not done.wait(0.001):
            os.write(descriptor, _lines(number, 1))
            number += 1
        os.write(descriptor, b"the last words\n")

    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(20):
        cut(log)
        with log.open("ab") as file:
            file.write(b"more\n" * (TOO_LONG // 5))
    cut(log)
    done.set()
    writer.join()
    os.close(descriptor)
    left = log.read_bytes()
    assert left.startswith(b"line         0\n")
    assert left.endswith(b"the last words\n")
    assert len(left) < TOO_LONG


def test_a_log_that_is_a_link_is_left_alone(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_bytes(b"x" * (TOO_LONG + 1))
    (tmp_path / "trainer.log").symlink_to(there)
    with pytest.raises(OSError, match="symbolic links"):
        cut(tmp_path / "trainer.log")
    assert there.stat().st_size == TOO_LONG + 1
