"""Starts a trainer that outlives the process that starts it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from eostui.config import ConfigError, RunConfig, cannot_be_held
from eostui.link.address import LinkError, is_live, listen, socket_path
from eostui.link.file_system import network_file_system
from eostui.link.heartbeat import Heartbeat
from eostui.link.log import LOG_NAME
from eostui.link.plain_rows import PLAIN_ROWS
from eostui.link.withdraw import withdraw, withdraw_leftover
from eostui.store import (
    RUN_FILE,
    TRAIN,
    RunExists,
    RunFile,
    Status,
    StoreError,
    clean_text,
    new_run_directory,
)
from eostui.trainer.assignment import Assignment, Origin
from eostui.trainer.checkpoint_names import checkpoints_in, keep_for_good, step_of
from eostui.trainer.ending import held_signals
from eostui.trainer.plan import run_name

Goals = Mapping[str, float | int]
"""Settings of `Limits` that end a run, by name."""
NO_GOALS: Mapping[str, None] = dict.fromkeys(("steps", "until_loss", "until_accuracy"))
WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
"""The variables with which a user says how the threads of OpenMP wait for each other."""


@dataclass(frozen=True)
class Launched:
    """A trainer that was started.

    connection: to it, where it has no socket that one could connect to.
    """

    directory: Path
    process: subprocess.Popen[str]
    connection: socket.socket | None = None


def launch(config: RunConfig, *, name: str | None, runs_dir: Path) -> Launched:
    """Make the run's directory and its socket, and start the trainer in a session of its own.

    The socket listens before the trainer runs, so a viewer can connect at once. Where none can be made, the trainer has
    a connection to this process, and others follow its file. The loss of the terminal does not affect the trainer: it
    has its own session, no controlling terminal, and writes to its log. Raises `StoreError` or `OSError`, and leaves
    nothing behind in that case.
    """
    return _launch(Assignment(config), runs_dir, run_name(config) if name is None else name, numbered=name is None)


def relaunch(
    directory: Path, *, lr: float | None = None, goals: Goals | None = None, requeue: bool = False
) -> Launched:
    """Start a trainer that goes on with a run whose trainer has ended, in the same directory and file.

    lr: another step size η. goals: those of `Limits` that take the place of all that the run had. requeue: set this,
    too. The trainer runs where the first one did, which a user's own module may need. Raises `StoreError` for a run
    that cannot be gone on with, or needs no trainer, and what `launch` raises.
    """
    directory = directory.absolute()
    with RunFile.open(directory / RUN_FILE) as file:
        config = RunConfig.from_dict(file.config).replace(**({**NO_GOALS, **goals} if goals else {}))
        config = config.replace(requeue=requeue or config.limits.requeue)
        _check_can_go_on(file, config, new_goals=bool(goals))
        if lr is not None and (why := cannot_be_held(lr, config.training.dtype)):
            raise ConfigError(f"--lr: {why}")
        there = Path(str(file.environment.get("directory", "")))
    assignment = Assignment(config, Origin(str(directory), lr=lr))
    return _trainer(assignment, directory, there if there.is_dir() else None)


def launch_branch(origin: RunFile, at: int, config: RunConfig, *, name: str | None, runs_dir: Path) -> Launched:
    """Start a trainer of a new run that has the steps before `at` from another one.

    The checkpoint that it begins with is kept for good. Raises what `launch` raises.
    """
    parent = origin.path.parent.absolute()
    before = [path for path in checkpoints_in(parent / "checkpoints") if step_of(path) <= at]
    with contextlib.suppress(OSError):  # it may be somebody else's run
        for path in before[-1:]:
            keep_for_good(path)
    assignment = Assignment(config, Origin(str(parent), at=at))
    called = f"{parent.name}-at-{at}" if name is None else name
    return _launch(assignment, runs_dir, called, numbered=name is None)


def _check_can_go_on(file: RunFile, config: RunConfig, *, new_goals: bool) -> None:
    """Raise `StoreError` for a run that is being trained, or has reached its goals."""
    name, status, steps = clean_text(file.path.parent.name), file.status(), config.limits.steps
    if is_live(file.path.parent):
        raise StoreError(f"{name} is still being trained: watch it with `eostui attach {name}`")
    done = file.length(TRAIN.name)
    if steps is not None and done >= steps:
        raise StoreError(f"{name} has made its {steps:,} steps: give --steps N with more to go on")
    if status is Status.FINISHED and not new_goals:
        raise StoreError(f"{name} has finished: give --steps N, --until-loss X or --until-accuracy X to go on")


def _launch(assignment: Assignment, runs_dir: Path, name: str, *, numbered: bool) -> Launched:
    directory = _room(runs_dir.absolute(), name, numbered=numbered)
    try:
        return _trainer(assignment, directory)
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


def _trainer(assignment: Assignment, directory: Path, there: Path | None = None) -> Launched:
    # -P: a random.py in the user's directory must not replace Python's own. The user's code is found by its path.
    given, connection, trouble = _socket_for(directory)
    if kind := network_file_system(directory):
        trouble = f"{trouble}; the run is on {kind}" if trouble else f"the run is on {kind}"
    if trouble:
        trouble += f": other machines follow {PLAIN_ROWS}, a plain file of rows"
    assignment = replace(assignment, trouble=trouble, plain_rows=bool(trouble))
    with held_signals(), given, (directory / LOG_NAME).open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "eostui.trainer", str(directory), str(given.fileno())],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            env=patient(os.environ),
            cwd=there,
            start_new_session=True,
            pass_fds=[given.fileno()],
        )
        address = "" if connection is not None else given.getsockname()
        with contextlib.suppress(OSError):  # from the first moment on, others see that it is starting
            Heartbeat.of(process.pid, directory, address).write(directory)
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # the process has ended already, which its watcher reports
            process.stdin.write(assignment.to_json())
            process.stdin.close()
    return Launched(directory, process, connection)


def _socket_for(directory: Path) -> tuple[socket.socket, socket.socket | None, str]:
    """What a trainer serves: a listening socket, or else one end of a connection whose other end comes second. Last,
    what is out of the ordinary about it, in words."""
    try:
        listener = listen(directory)
    except LinkError as error:
        theirs, ours = socket.socketpair()
        return theirs, ours, f"{error}; viewers follow the file, and steer by files"
    there = Path(listener.getsockname())
    if there == socket_path(directory):
        return listener, None, ""
    return listener, None, f"no socket can be in the run's directory: it is at {clean_text(there)}"


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
