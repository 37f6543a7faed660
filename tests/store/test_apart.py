"""What a file does to its reader costs that file alone, and soon."""

from __future__ import annotations

import ctypes
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eostui.store import TRAIN, Event, ReaderProcess, RunFileError, RunWriter
from eostui.store.reader import check_run
from tests.store.checksums import mend, parts
from tests.store.conftest import TABLES, python


def size_of(path: Path) -> int:
    """A reading that succeeds."""
    return path.stat().st_size


def divide(path: Path) -> None:
    """What HDF5 does with some files."""
    os.kill(os.getpid(), signal.SIGFPE)


def follow_a_null_pointer(path: Path) -> None:
    """What it does with others."""
    ctypes.string_at(0)


def turn(path: Path) -> None:
    """Never comes back, and holds Python's lock meanwhile, as HDF5 does."""
    pattern, text = rb"(a|a)*b", b"a" * 64
    __import__("re").match(pattern, text)


def fill(path: Path) -> int:
    """Wants more memory than a reader gets."""
    return len(np.ones(1 << 30))


def stumble(path: Path) -> None:
    """A fault of the reader's own."""
    raise KeyError(path)


def leave(path: Path) -> None:
    """An end that is no signal."""
    os._exit(3)


def answer_without_json(path: Path) -> object:
    """A mistake of whoever wrote the reading."""
    return object()


def absent(path: Path) -> None:
    """A file that was deleted a moment ago."""
    raise FileNotFoundError(2, "gone", str(path))


def refuse(path: Path) -> None:
    """A file that is no run."""
    raise RunFileError(f"{path}: is no run")


READINGS = (
    size_of,
    divide,
    follow_a_null_pointer,
    turn,
    fill,
    stumble,
    leave,
    answer_without_json,
    absent,
    refuse,
    check_run,
)


@pytest.fixture(scope="module")
def apart() -> Iterator[ReaderProcess]:
    """One process for all tests, as a list of runs has one for all files."""
    with ReaderProcess(*READINGS) as process:
        yield process


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (divide, "ends its reader with SIGFPE"),
        (follow_a_null_pointer, "ends its reader with SIGSEGV"),
        (turn, "takes more than 2 s"),
        (fill, "takes more than 256 MB"),
        (stumble, "fails with KeyError"),
        (leave, "fails"),
        (answer_without_json, "fails"),
        (refuse, "is no run"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_ends_a_reader_is_one_line_and_the_next_file_is_read(
    apart: ReaderProcess, tmp_path: Path, reading: Callable[[Path], Any], said: str
) -> None:
    path = tmp_path / "run.h5"
    path.write_bytes(b"12345")
    with pytest.raises(RunFileError) as caught:
        apart.read(reading, path)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).endswith(said)
    assert apart.read(size_of, path) == 5
    with pytest.raises(FileNotFoundError):
        apart.read(absent, path)


def test_no_process_is_left(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    path.touch()
    with ReaderProcess(size_of, divide) as process:
        with pytest.raises(RunFileError):
            process.read(divide, path)
        watcher = process._watcher
    with pytest.raises(ProcessLookupError):
        os.kill(watcher, 0)
    with pytest.raises(RunFileError, match="is gone"):
        process.read(size_of, path)


KILLED = """
import os, sys, time
from pathlib import Path
from eostui.store import ReaderProcess
from tests.store.test_apart import size_of

process = ReaderProcess(size_of)
process.read(size_of, Path(sys.argv[1]))
print(process._watcher, flush=True)
os.kill(os.getpid(), 9)
"""


def test_no_process_is_left_of_one_that_was_killed(tmp_path: Path) -> None:
    killed = python(KILLED, tmp_path)
    watcher = int(killed.communicate(timeout=60)[0])
    while True:  # its readers are its children: it ends after them
        try:
            os.kill(watcher, 0)
        except ProcessLookupError:
            break
        if Path(f"/proc/{watcher}/stat").exists() and Path(f"/proc/{watcher}/stat").read_text().split()[2] == "Z":
            break  # of a container without an init
        time.sleep(0.05)


def test_files_with_right_checksums_are_read_or_refused(apart: ReaderProcess, tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with RunWriter.create(path, name="x", config={}, environment={}, tables=TABLES) as run:
        run.append(TRAIN.row({"step": 0}))
        run.append(Event(0, 0.0, "start", {}).row())
    whole = path.read_bytes()
    trusted, chosen = parts(whole), random.Random(0)
    assert len(trusted) > 40
    refused = 0
    for _ in range(60):
        damaged, part = bytearray(whole), chosen.choice(trusted)
        for _ in range(chosen.choice([1, 1, 2, 8])):
            damaged[chosen.randrange(part[0] + 4, part[1])] = chosen.choice([0, 1, 255, chosen.randrange(256)])
        mend(damaged, part)
        path.write_bytes(damaged)
        try:
            apart.read(check_run, path)
        except RunFileError as error:
            refused += str(error).isprintable()
    assert 12 < refused < 60
    path.write_bytes(whole)
    apart.read(check_run, path)
