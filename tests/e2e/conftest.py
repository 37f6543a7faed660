"""Running the real command line, with real trainer processes, in a directory of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from eostui.store import RunFile, RunFileError, RunNotFound, find_run
from tests.conftest import REPOSITORY

SMALL = ["--eig-samples", "300", "--eigs", "2", "--threads", "1"]
"""What makes the demonstration quick to measure."""


@dataclass
class Eostui:
    """The command line as a user has it: `eostui(…)` runs a command to its end."""

    directory: Path
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def __post_init__(self) -> None:
        self.environment.setdefault("EOSTUI_SETTINGS", str(self.directory / "settings.toml"))

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "eostui", *arguments]

    def __call__(self, *arguments: str, timeout: float = 180) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def open(self, name: str | None = None) -> RunFile:
        return RunFile.open(find_run(name, self.directory / "runs"))

    def wait_for(self, what: Callable[[RunFile], bool], name: str | None = None, timeout: float = 90) -> None:
        """Wait until a run's file exists and `what` holds of it."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            try:
                with self.open(name) as run:
                    if what(run):
                        return
            except (RunFileError, RunNotFound):
                pass  # not there yet
            time.sleep(0.1)
        raise AssertionError(f"it did not happen within {timeout} s")

    def wait_for_no_trainer(self, timeout: float = 20) -> None:
        """Wait until every trainer of this directory's runs has ended."""
        deadline = time.monotonic() + timeout
        while self.trainers():
            assert time.monotonic() < deadline, "a trainer is still there"
            time.sleep(0.1)

    def trainers(self) -> list[int]:
        """Process ids of the trainers of this directory's runs."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().split(b"\0")
            except OSError:
                continue
            if b"eostui.trainer" in words and any(str(self.directory).encode() in word for word in words):
                found.append(int(path.parent.name))
        return found


def saved_run(eostui: Eostui) -> None:
    """A run named `edge`, as a trainer has left it, for tests of what only reads runs."""
    directory = eostui.directory / "runs" / "edge"
    directory.mkdir(parents=True)
    shutil.copy(REPOSITORY / "tests" / "data" / "edge.h5", directory / "run.h5")


@contextmanager
def alone_in(directory: Path) -> Iterator[Eostui]:
    """The command line in a directory of its own; at the end its trainers are killed."""
    eostui = Eostui(directory)
    for name in ("EOSTUI_RUNS", "EOSTUI_DATA"):
        eostui.environment.pop(name, None)
    try:
        yield eostui
    finally:
        for pid in eostui.trainers():
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def eostui(tmp_path: Path) -> Iterator[Eostui]:
    with alone_in(tmp_path) as eostui:
        yield eostui
