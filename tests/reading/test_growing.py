"""A run that is read from its file alone, while it grows, after it ended, and when it breaks."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from eostui.reading.growing import GrowingFeed
from eostui.store import RunFile, RunFileError

WRITER = """
import sys
from pathlib import Path
from eostui.store import TRAIN, RunWriter, Status

with RunWriter.create(Path(sys.argv[1]), name="grows", config={}, environment={}, tables=[TRAIN]) as writer:
    writer.set_status(Status.RUNNING)
    print("open", flush=True)
    step = 0
    for line in sys.stdin:
        for step in range(step, step + int(line)):
            row = {"step": step, "time": step, "lr": 0.1, "threshold": 20.0, "loss": 1 / (1 + step)}
            writer.append(TRAIN.row(row | {"accuracy": 0.5, "grad_norm": 1.0}))
        step += 1
    writer.set_status(Status.FINISHED)
"""
"""Appends as many rows as it is told, line by line, and finishes the run where there are no more lines."""


class Writer:
    """Another process that writes a run."""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, "-c", WRITER, str(path)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "open\n"

    def append(self, rows: int) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{rows}\n")
        self.process.stdin.flush()

    def finish(self) -> None:
        self.process.communicate(timeout=60)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.h5"


@pytest.fixture
def writer(path: Path) -> Iterator[Writer]:
    writer = Writer(path)
    yield writer
    writer.process.kill()
    writer.process.communicate(timeout=60)


def _poll_until(feed: GrowingFeed, what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not what():
        assert feed.poll() == []
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_rows_that_are_written_later_are_read_later(writer: Writer, path: Path) -> None:
    feed = GrowingFeed(RunFile.open(path))
    assert (feed.name, feed.step, feed.status) == ("grows", -1, "running")
    writer.append(3)
    _poll_until(feed, lambda: feed.step == 2)
    writer.append(47)
    _poll_until(feed, lambda: feed.step == 49)
    np.testing.assert_array_equal(feed.series["train"]["step"], np.arange(50))
    np.testing.assert_array_equal(feed.series["train"]["loss"], 1 / np.arange(1, 51))
    writer.append(10)
    writer.finish()
    _poll_until(feed, lambda: feed.status == "finished")
    assert feed.step == 59, "the last rows come with the end"
    path.unlink()
    assert feed.poll() == [], "a run that has ended is not read again"
    assert feed.step == 59


def test_a_file_that_breaks_is_told_of_once_and_what_was_read_stays(
    writer: Writer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = GrowingFeed(RunFile.open(path))
    writer.append(5)
    _poll_until(feed, lambda: feed.step == 4)

    def broken(self: RunFile) -> None:
        raise RunFileError(f"{self.path} is broken")

    monkeypatch.setattr(RunFile, "refresh", broken)
    (notice,) = feed.poll()
    assert notice.severity == "error"
    assert notice.text == f"{path} is broken"
    assert feed.poll() == []
    assert feed.step == 4


def test_a_file_that_is_no_run_is_refused_in_one_line(path: Path) -> None:
    path.write_bytes(b"no run")
    with pytest.raises(RunFileError) as refused:
        GrowingFeed(RunFile.open(path))
    assert "\n" not in str(refused.value)


RESUMER = """
import sys
from pathlib import Path
from eostui.store import TRAIN, Predecessor, RunFile, RunWriter, Status

path = Path(sys.argv[1])
with RunFile.open(path) as file:
    before = Predecessor(file, {"train": 10}, {})
    with RunWriter.create(path, name="grows", config={}, environment={}, tables=[TRAIN], predecessor=before) as writer:
        for step in range(10, 20):
            writer.append(TRAIN.row({"step": step, "time": step, "lr": 0.2, "threshold": 10.0, "loss": 7.0}))
        writer.set_status(Status.FINISHED)
"""
"""Goes on with a run from its step 10, with another step size."""


def test_a_run_that_goes_on_from_a_checkpoint_is_read_anew(writer: Writer, path: Path) -> None:
    feed = GrowingFeed(RunFile.open(path))
    writer.append(50)
    _poll_until(feed, lambda: feed.step == 49)
    writer.process.kill()
    subprocess.run([sys.executable, "-c", RESUMER, str(path)], check=True)
    _poll_until(feed, lambda: feed.status == "finished")
    train = feed.series["train"]
    assert np.array_equal(train["step"], np.arange(20))
    assert np.array_equal(train["loss"], [*(1 / (1 + np.arange(10))), *[7.0] * 10])
