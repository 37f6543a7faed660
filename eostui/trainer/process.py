"""One run inside the trainer process, from its config to its end."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import traceback
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from eostui.config import ConfigError, RunConfig
from eostui.curvature.products import Products
from eostui.dynamics.thresholds import stability_threshold
from eostui.instruments.catalogue import tables_of
from eostui.link.address import remove_socket
from eostui.link.doing import Doing
from eostui.link.messages import Ended, Hello
from eostui.link.plain_rows import PLAIN_ROWS, PlainRows
from eostui.link.server import LinkServer
from eostui.link.withdraw import withdraw
from eostui.problems.errors import ProblemError
from eostui.store import RUN_FILE, RunFile, RunWriter, Status, StoreError
from eostui.store.events import Warned
from eostui.trainer.assignment import Assignment
from eostui.trainer.beginning import Beginning, going_on
from eostui.trainer.branch import Branch
from eostui.trainer.checked_products import checked_products
from eostui.trainer.control import REQUEUED, Control
from eostui.trainer.forecast import Forecast, forecast
from eostui.trainer.loop import Trainer, told
from eostui.trainer.on_end import Ending, start_command
from eostui.trainer.preparation import Preparation
from eostui.trainer.record import Record
from eostui.trainer.setup import DeviceError, Setup, set_up
from eostui.trainer.stage import Stage

EXIT_CODES = {Status.FINISHED: 0, Status.STOPPED: 0, Status.DIVERGED: 1, Status.FAILED: 1}


def train(
    assignment: Assignment,
    directory: Path,
    hello: Hello,
    server: LinkServer,
    control: Control,
    doing: Doing | None = None,
) -> int:
    """Set the run up, train, and leave a run file. Returns the exit code.

    Problems that the user can correct before anything is measured leave no run behind: an unknown device, missing data,
    or a model that does not fit. A run that was to go on is then as it was. A later problem ends the run as `failed`,
    with everything up to then in the file. `doing` says outside what is done.
    """
    doing = doing or Doing()

    preparation = Preparation(server, doing)
    preparation("loading the data")
    try:
        prepared = _prepared(assignment, preparation, directory)
        setup, config = prepared.setup, prepared.setup.config
        environment = _environment(config, setup)
        if control.stopping:  # the user's code has caught the exception that was to end the setup
            raise KeyboardInterrupt
        tables = tables_of(config, classes=setup.classes)
        beginning = prepared.beginning
        writer = RunWriter.create(
            directory / "run.h5",
            name=directory.name,
            config=config.to_dict(),
            environment=environment,
            tables=tables,
            predecessor=beginning.predecessor,
            parent=beginning.parent,
        )
        plain = _plain_rows(assignment, writer, beginning)
        control.mark_as_stopped = partial(writer.mark, Status.STOPPED)
        control.begun = True
        if beginning.predecessor is not None:
            tables = [*writer.tables.values()]
            beginning.predecessor.file.close()
    except (ProblemError, DeviceError, StoreError, ConfigError) as error:
        server.say(Ended(str(error), 2))
        server.close()
        withdraw(directory)
        remove_socket(directory)
        return 2
    described = {table.name: table.to_json() for table in tables}
    record = Record(writer, server, elapsed=beginning.elapsed, last_step=beginning.step - 1, doing=doing)
    record.introduce(Hello(hello.name, hello.run_file, hello.config, environment, described))
    if assignment.trouble:
        print(f"eostui: {assignment.trouble}", file=sys.stderr, flush=True)
        record.event(beginning.step, Warned(assignment.trouble))
    status, text = _run(prepared, record, control)
    if plain is not None:
        plain.remove()
    if config.limits.on_end is not None:
        start_command(config.limits.on_end, Ending(record.directory, status, record.last_step, text))
    code = REQUEUED if control.requeued and status is Status.STOPPED else EXIT_CODES[status]
    server.say(Ended(text, code))
    server.close()
    remove_socket(directory)
    remove_socket(record.directory)
    return code


def _plain_rows(assignment: Assignment, writer: RunWriter, beginning: Beginning) -> PlainRows | None:
    """The plain file of rows, where the run writes one and it can be made."""
    writer.path.with_name(PLAIN_ROWS).unlink(missing_ok=True)  # that of a trainer that was killed
    if not assignment.plain_rows:
        return None
    try:
        return PlainRows(writer, beginning.predecessor)
    except OSError as error:
        print(f"eostui: {PLAIN_ROWS} cannot be made: {error}", file=sys.stderr, flush=True)
        return None


@dataclass(frozen=True)
class _Prepared:
    """A run before its file. expected: what it will cost, where nobody knows that from before."""

    setup: Setup
    products: Products
    beginning: Beginning
    expected: Forecast | None = None


def _prepared(assignment: Assignment, preparation: Preparation, directory: Path) -> _Prepared:
    config, origin = assignment.config, assignment.origin
    if origin is None:
        setup = set_up(config, preparation)
        products = _checked(setup, preparation)
        return _Prepared(setup, products, Beginning(), _forecast(setup, preparation, products))
    if origin.at is not None:
        branch = Branch.of(origin)
        setup = set_up(branch.setup_for(config), preparation)
        products = _checked(setup, preparation)
        preparation.enter(None, f"going to step {origin.at:,}")
        return _Prepared(branch.grow(setup, config, preparation), products, branch.beginning(config))
    beginning = going_on(RunFile.open(directory / RUN_FILE), origin.lr)
    setup = set_up(config, preparation)
    if beginning.state is not None:
        setup = replace(setup, config=setup.config.replace(track=tuple(beginning.state["track"])))
    return _Prepared(setup, beginning.products or _checked(setup, preparation), beginning)


def _checked(setup: Setup, preparation: Preparation) -> Products:
    preparation.enter(Stage.DERIVATIVES, "comparing derivatives with differences")
    return checked_products(setup.config, setup, setup.theta)


def _run(prepared: _Prepared, record: Record, control: Control) -> tuple[Status, str]:
    setup, expected = prepared.setup, prepared.expected
    try:
        try:
            if expected is not None and expected.slow:
                record.event(0, expected.event)
            trainer = Trainer(
                setup.config,
                setup,
                record,
                control,
                products=prepared.products,
                beginning=prepared.beginning,
            )
            status = trainer.run()
            text = str(status)
        except StoreError:
            raise
        except BaseException as error:  # a user's model may raise anything, a device may run out of memory
            traceback.print_exc()
            status, text = Status.FAILED, told(error)
        record.close(status)
    except StoreError as error:
        print(f"eostui: {error}", file=sys.stderr)
        return Status.FAILED, str(error)
    return status, text


def _forecast(setup: Setup, preparation: Preparation, products: Products) -> Forecast | None:
    """What the run will cost; None where the model fails on more than two examples: the run itself will report that."""
    preparation.stage = Stage.TRIAL
    try:
        return forecast(setup.config, setup, preparation, products)
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
        "directory": str(Path.cwd()),
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
