"""One run inside the trainer process, from its config to its end."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import torch

from eostui.config import RunConfig
from eostui.curvature.products import Products
from eostui.dynamics.thresholds import stability_threshold
from eostui.instruments.catalogue import tables_of
from eostui.link.address import socket_path
from eostui.link.messages import Ended, Hello
from eostui.link.server import LinkServer
from eostui.link.withdraw import withdraw
from eostui.problems.datasets import Progress
from eostui.problems.errors import ProblemError
from eostui.problems.problem import BUILDING
from eostui.store import RunWriter, Status, StoreError
from eostui.trainer.checked_products import checked_products
from eostui.trainer.control import Control
from eostui.trainer.forecast import Forecast, forecast
from eostui.trainer.loop import Trainer, told
from eostui.trainer.on_end import Ending, start_command
from eostui.trainer.record import Record
from eostui.trainer.setup import DeviceError, Setup, set_up
from eostui.trainer.stage import Stage

EXIT_CODES = {Status.FINISHED: 0, Status.STOPPED: 0, Status.DIVERGED: 1, Status.FAILED: 1}


def train(config: RunConfig, directory: Path, hello: Hello, server: LinkServer, control: Control) -> int:
    """Set the run up, train, and leave a run file. Returns the exit code.

    Problems that the user can correct before anything is measured leave no run behind: an unknown device, missing data,
    or a model that does not fit. A later problem ends the run as `failed`, with everything up to then in the file.
    """

    stage = Stage.DATA

    def progress(text: str, fraction: float | None) -> None:
        nonlocal stage
        if stage is Stage.DATA and text.startswith(BUILDING):
            stage = Stage.NETWORK
        server.say(stage.phase(text, fraction))

    progress("loading the data", None)
    try:
        setup = set_up(config, progress)
        config = setup.config
        stage = Stage.DERIVATIVES
        progress("comparing derivatives with differences", None)
        products = checked_products(config, setup, setup.theta)
        stage = Stage.TRIAL
        expected = _forecast(config, setup, progress, products)
        environment = _environment(config, setup)
        if control.stopping:  # the user's code has caught the exception that was to end the setup
            raise KeyboardInterrupt
        tables = tables_of(config, classes=setup.classes)
        writer = RunWriter.create(
            directory / "run.h5",
            name=directory.name,
            config=config.to_dict(),
            environment=environment,
            tables=tables,
        )
    except (ProblemError, DeviceError, StoreError) as error:
        server.say(Ended(str(error), 2))
        server.close()
        withdraw(directory)
        return 2
    described = {table.name: table.to_json() for table in tables}
    record = Record(writer, server)
    record.introduce(Hello(hello.name, hello.run_file, hello.config, environment, described))
    status, text = _run(config, setup, products, expected, record, directory, control)
    if config.limits.on_end is not None:
        start_command(config.limits.on_end, Ending(directory, status, record.last_step, text))
    server.say(Ended(text, EXIT_CODES[status]))
    server.close()
    socket_path(directory).unlink(missing_ok=True)
    return EXIT_CODES[status]


def _run(
    config: RunConfig,
    setup: Setup,
    products: Products,
    expected: Forecast | None,
    record: Record,
    directory: Path,
    control: Control,
) -> tuple[Status, str]:
    try:
        try:
            if expected is not None and expected.slow:
                record.event(0, expected.event)
            status = Trainer(config, setup, record, control, directory, products=products).run()
            text = str(status)
        except StoreError:
            raise
        except (Exception, SystemExit) as error:  # a user's model may raise anything, a device may run out of memory
            traceback.print_exc()
            status, text = Status.FAILED, told(error)
        record.close(status)
    except StoreError as error:
        print(f"eostui: {error}", file=sys.stderr)
        return Status.FAILED, str(error)
    return status, text


def _forecast(config: RunConfig, setup: Setup, progress: Progress, products: Products) -> Forecast | None:
    """What the run will cost; None where the model fails on more than two examples: the run itself will report that."""
    try:
        return forecast(config, setup, progress, products)
    except ProblemError:
        raise
    except Exception:
        traceback.print_exc()
        return None


def _environment(config: RunConfig, setup: Setup) -> dict[str, Any]:
    return {
        "torch": torch.__version__,
        "python": platform.python_version(),
        "device": str(setup.objective.device),
        "host": platform.node(),
        "pid": os.getpid(),
        "threads": torch.get_num_threads(),
        "git_commit": _git_commit(),
        "parameters": setup.objective.size,
        "examples": setup.objective.examples,
        "data": setup.problem.dataset.provenance,
        "threshold": setup.threshold_label(config),
        "threshold_on": stability_threshold(setup.optimizer).matrix,
    }


def _git_commit() -> str | None:
    """The git commit of the directory that the run was started from; None where it is not in a repository."""
    try:
        answer = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=2, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None
