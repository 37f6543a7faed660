"""One run from its config to its end, inside the trainer process."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import torch

from eostui.config import RunConfig
from eostui.curvature.objective import Objective
from eostui.link.address import socket_path
from eostui.link.messages import Ended, Hello, Phase
from eostui.link.server import LinkServer
from eostui.problems.errors import ProblemError
from eostui.problems.problem import Problem, build_problem
from eostui.store import RunWriter, Status, StoreError
from eostui.trainer.control import Control
from eostui.trainer.instruments import tables_of
from eostui.trainer.loop import Trainer, in_one_line
from eostui.trainer.record import Record

EXIT_CODES = {Status.FINISHED: 0, Status.STOPPED: 0, Status.DIVERGED: 1, Status.FAILED: 1}


class DeviceError(ValueError):
    """The device asked for is not here."""


def train(config: RunConfig, directory: Path, hello: Hello, server: LinkServer, control: Control) -> int:
    """Build the problem, train, and leave a run file; the exit code.

    What the user can mend before anything is measured (an unknown device, data that are not there, a model that does
    not fit) leaves no run behind. Later trouble ends the run as `failed`, with everything up to then in the file.
    """
    try:
        device = _device(config.device)
        if config.threads:
            torch.set_num_threads(config.threads)
        problem = _problem(config, device, server)
        environment = hello.environment | _environment(device, problem)
        writer = RunWriter.create(
            directory / "run.h5",
            name=directory.name,
            config=config.to_dict(),
            environment=environment,
            tables=tables_of(config),
        )
    except (ProblemError, DeviceError, StoreError) as error:
        server.say(Ended(str(error), 2))
        server.close()
        _withdraw(directory)
        return 2
    server.say(Hello(hello.name, hello.run_file, hello.config, environment, hello.tables))
    server.say(Phase(""))
    status, text = _run(config, problem, directory, writer, server, control)
    server.say(Ended(text, EXIT_CODES[status]))
    server.close()
    socket_path(directory).unlink(missing_ok=True)
    return EXIT_CODES[status]


def _run(
    config: RunConfig,
    problem: Problem,
    directory: Path,
    writer: RunWriter,
    server: LinkServer,
    control: Control,
) -> tuple[Status, str]:
    record = Record(writer, server)
    dataset = problem.dataset
    objective = Objective(problem.model, problem.loss, dataset.x, dataset.y, physical_batch=config.physical_batch)
    test = None
    if dataset.x_test is not None and dataset.y_test is not None:
        test = Objective(
            problem.model, problem.loss, dataset.x_test, dataset.y_test, physical_batch=config.physical_batch
        )
    try:
        try:
            status = Trainer(config, objective, test, record, control, directory).run()
            text = str(status)
        except StoreError:
            raise
        except Exception as error:  # whatever a user's model raises, or a device that ran out of memory
            traceback.print_exc()
            status, text = Status.FAILED, in_one_line(error)
        record.set_status(status)
        writer.close()
    except StoreError as error:
        print(f"eostui: {error}", file=sys.stderr)
        return Status.FAILED, str(error)
    return status, text


def _problem(config: RunConfig, device: torch.device, server: LinkServer) -> Problem:
    def progress(text: str, fraction: float | None) -> None:
        server.say(Phase(text, fraction))

    progress("loading the data and building the model", None)
    return build_problem(
        arch=config.arch,
        data=config.data,
        loss=config.loss,
        seed=config.seed,
        data_dir=Path(config.data_dir).expanduser(),
        dtype=getattr(torch, config.dtype),
        device=device,
        progress=progress,
    )


def _device(name: str) -> torch.device:
    """The device that a name means; `auto` is a GPU where there is one."""
    if name == "auto":
        accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
        return accelerator or torch.device("cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise DeviceError(f"--device: {name!r} cannot be used here ({reason}); --device cpu always works") from error
    return device


def _environment(device: torch.device, problem: Problem) -> dict[str, Any]:
    return {
        "torch": torch.__version__,
        "python": platform.python_version(),
        "device": str(device),
        "host": platform.node(),
        "pid": os.getpid(),
        "threads": torch.get_num_threads(),
        "git_commit": _git_commit(),
        "parameters": sum(p.numel() for p in problem.model.parameters() if p.requires_grad),
        "examples": len(problem.dataset.x),
        "data": problem.dataset.provenance,
    }


def _git_commit() -> str | None:
    """The commit of the working directory that the run was started from, if it is a repository."""
    try:
        answer = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=2, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None


def _withdraw(directory: Path) -> None:
    """Take away the directory of a run that never began."""
    socket_path(directory).unlink(missing_ok=True)
    shutil.rmtree(directory, ignore_errors=True)
