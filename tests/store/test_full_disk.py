"""A disk that is full ends the writing with one clear line, and loses nothing that was there."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from eostui.store import TRAIN, RunFile, RunWriter, Status, StoreError
from tests.store.conftest import TABLES, python

# Appends until writing fails; prints the error, and whether every other call tells of it too.
FILLER = """
import resource, sys, time
from pathlib import Path
from eostui.store import TRAIN, RunWriter, Status, StoreError
from tests.store.conftest import HESSIAN, TABLES

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

def fill(run):
    for step in range(10**9):
        run.append(TRAIN.row({"step": step, "loss": step / 3}))
        if step % 50 == 0:
            measured = {"step": step, "eigenvalues": [step, 2, 1], "products": 1, "certified": 1}
            run.append(HESSIAN.row(measured))
        if step % 997 == 0:
            FLUSH

path = Path(sys.argv[1])
BEFORE
try:
    with RunWriter.create(path, name="w", config={}, environment={}, tables=TABLES) as run:
        run.set_status(Status.RUNNING)
        AFTER
        fill(run)
except StoreError as error:
    print(error)
    if "run" not in globals():
        raise SystemExit(0)
    for call in (lambda: run.set_status(Status.FAILED), lambda: run.append(TRAIN.row({"step": 1}))):
        try:
            call()
        except StoreError as again:
            print(again)
"""


def fill(path: Path, *, before: str = "", after: str = "", flush: str = "run.set_status(Status.RUNNING)") -> list[str]:
    """Run FILLER to its end and return the lines it printed; it must end well and say nothing else."""
    code = FILLER.replace("BEFORE", before).replace("AFTER", after).replace("FLUSH", flush)
    process = python(code, path)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    return out.splitlines()


def check_kept(path: Path, least: int) -> RunFile:
    run = RunFile.open(path)
    rows = run.length("train")
    assert rows >= least
    train = run.read("train", ["step", "loss"])
    np.testing.assert_array_equal(train["step"], np.arange(rows))
    np.testing.assert_array_equal(train["loss"], np.arange(rows) / 3)
    hessian = run.read("hessian")
    np.testing.assert_array_equal(hessian["eigenvalues"][:, 0], np.arange(len(hessian["step"])) * 50)
    return run


@pytest.mark.parametrize("size", [250_000, 611_111, 2_000_000, 3_333_333])
@pytest.mark.parametrize("flush", ["run.set_status(Status.RUNNING)", "time.sleep(0.01)"])
def test_a_file_that_may_not_grow_keeps_every_flushed_row_and_says_why(tmp_path: Path, size: int, flush: str) -> None:
    path = tmp_path / "run.h5"
    lines = fill(path, after=f"limit({size})", flush=flush)
    assert lines[0] == (f"{path}: cannot be written: File too large; raise the limit on file size (`ulimit -f`)")
    assert lines[1:3] == [lines[0]] * 2
    least = (size - 320_000) // 60 if flush == "run.set_status(Status.RUNNING)" else 0
    with check_kept(path, least) as run:
        assert run.status() is Status.FAILED
        if size > 250_000:
            (event,) = run.events()
            assert event.kind == "failed"
            assert "File too large" in event.detail["error"]


@pytest.mark.parametrize("size", [100, 700, 2_000, 4_000, 9_000])
def test_a_disk_that_is_full_from_the_start_leaves_no_half_made_run(tmp_path: Path, size: int) -> None:
    lines = fill(tmp_path / "run.h5", before=f"limit({size})")
    assert "cannot be written: File too large" in lines[0]
    if not (tmp_path / "run.h5").exists():
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [10, 1_000, 20_000, 60_000, 90_000])
def test_an_error_in_the_middle_of_a_flush_does_not_crash_the_process(tmp_path: Path, size: int) -> None:
    # Room was there when it was asked for and is gone when HDF5 writes, as on a disk that breaks: the limit
    # holds for what is already in the file too.
    path = tmp_path / "run.h5"
    after = f"run.append(TRAIN.row({{'step': 0, 'loss': 0.0}})); run.set_status(Status.RUNNING); limit({size})"
    lines = fill(path, after=after)
    assert "cannot be written: File too large" in lines[0]
    with RunFile.open(path) as run:
        assert run.read("train", ["loss"], 0, 1)["loss"][0] == 0.0


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    mount = tmp_path / "disk"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(mount)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small file system")
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


def write_rows(run: RunWriter, start: int, stop: int) -> None:
    for step in range(start, stop):
        run.append(TRAIN.row({"step": step, "loss": step / 3}))


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_rows_wait_while_the_disk_is_full_and_are_written_once_there_is_room(tiny_disk: Path) -> None:
    path, ballast = tiny_disk / "run.h5", tiny_disk / "ballast"
    ballast.write_bytes(bytes(400_000))
    with RunWriter.create(path, name="w", config={}, environment={}, tables=TABLES) as run:
        step = 0
        while not run.no_room:
            write_rows(run, step, step + 500)
            step += 500
            run.set_status(Status.RUNNING)
        said = f"{path}: cannot be written: No space left on device; free space on that disk: "
        assert re.fullmatch(re.escape(said) + r"0\.[1-9] MB or more", run.no_room)
        write_rows(run, step, step + 100)
        run.set_status(Status.PAUSED)
        assert run.no_room
        ballast.unlink()
        until(lambda: not run.no_room)
        run.set_status(Status.FINISHED)
    with check_kept(path, step + 100) as file:
        assert file.status() is Status.FINISHED
        assert file.length("train") == step + 100


def test_a_run_that_ends_while_the_disk_is_full_keeps_every_flushed_row_and_says_why(tiny_disk: Path) -> None:
    path = tiny_disk / "run.h5"
    run = RunWriter.create(path, name="w", config={}, environment={}, tables=TABLES)
    step = 0
    while not run.no_room:
        write_rows(run, step, step + 1000)
        step += 1000
        run.set_status(Status.RUNNING)
    with pytest.raises(StoreError, match="No space left on device; free space on that disk"):
        run.close()
    with check_kept(path, 1000) as file:
        assert file.status() is Status.FAILED
        assert "No space left" in file.events()[0].detail["error"]


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="Not a directory"):
        RunWriter.create(tmp_path / "file" / "run.h5", name="w", config={}, environment={}, tables=[])
