"""Starts a trainer that outlives the process that starts it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eostui.config import RunConfig
from eostui.link.address import listen
from eostui.link.withdraw import LOG_NAME, withdraw, withdraw_leftover
from eostui.store import RunExists, new_run_directory
from eostui.trainer.plan import run_name

WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
"""The variables with which a user says how the threads of OpenMP wait for each other."""


@dataclass(frozen=True)
class Launched:
    """A trainer that was started."""

    directory: Path
    process: subprocess.Popen[str]


def launch(config: RunConfig, *, name: str | None, runs_dir: Path) -> Launched:
    """Make the run's directory and its socket, and start the trainer in a session of its own.

    The socket listens before the trainer runs, so a viewer can connect at once. The loss of the terminal does not
    affect the trainer: it has its own session, no controlling terminal, and writes to its log. Raises `StoreError`,
    `LinkError` or `OSError`, and leaves nothing behind in that case.
    """
    directory = _room(runs_dir.absolute(), run_name(config) if name is None else name, numbered=name is None)
    try:
        return Launched(directory, _trainer(config, directory))
    except BaseException:
        withdraw(directory)
        raise


def _room(runs_dir: Path, name: str, *, numbered: bool) -> Path:
    """A directory for a run. The leftover of a trainer that ended before its run began is removed first."""
    try:
        return new_run_directory(runs_dir, name, numbered=numbered)
    except RunExists:
        withdraw_leftover(runs_dir / name)
        return new_run_directory(runs_dir, name)


def _trainer(config: RunConfig, directory: Path) -> subprocess.Popen[str]:
    # -P: a random.py in the user's directory must not replace Python's own. The user's code is found by its path.
    with listen(directory) as listener, (directory / LOG_NAME).open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "eostui.trainer", str(directory), str(listener.fileno())],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            env=patient(os.environ),
            start_new_session=True,
            pass_fds=[listener.fileno()],
        )
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # the process has ended already, which its watcher reports
            process.stdin.write(config.to_json())
            process.stdin.close()
    return process


def patient(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that imports torch: its threads sleep while they wait, unless the user says how.

    OpenMP reads this before torch is imported, and by itself has threads spin. A thread that spins keeps others from a
    core that somebody else wants, too: beside one busy process on two cores a step of the demonstration took 201 ms
    with spinning threads and 14 ms with sleeping ones. On an idle machine it took 9 to 11 ms either way
    (benchmarks/waiting.py).
    """
    if any(name in environment for name in WAITING):
        return dict(environment)
    return {**environment, "OMP_WAIT_POLICY": "PASSIVE"}
