"""A small run, written as a trainer writes it."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from eostui.store import EVENTS, TEST, TRAIN, Event, RunWriter, Status, eigenvalue_table

HESSIAN = eigenvalue_table("hessian", "largest eigenvalues of the loss Hessian", 3)
TABLES = [TRAIN, TEST, EVENTS, HESSIAN]
CONFIG = {"arch": "fc-tanh", "lr": 0.02, "steps": None, "track": ["gauss-newton"]}
ENVIRONMENT = {"torch": "2.14.1", "threads": 2}
STEPS = 2500


def loss_at(step: int) -> float:
    """A loss whose every digit counts, with what a diverging run brings."""
    return {7: math.nan, 8: math.inf}.get(step, 1 / (step + 3))


def write_run(path: Path, steps: int = STEPS) -> Path:
    """Write a finished run of `steps` rows."""
    with RunWriter.create(path, name=path.parent.name, config=CONFIG, environment=ENVIRONMENT, tables=TABLES) as run:
        for step in range(steps):
            run.append(TRAIN.row({"step": step, "loss": loss_at(step), "lr": 0.02, "threshold": 100.0}))
            if step % 100 == 0:
                values = np.array([3.0, 2.0, 1.0]) + step / 3
                measured = {"step": step, "eigenvalues": values, "errors": values / 7}
                run.append(HESSIAN.row({**measured, "products": 9, "certified": 1}))
        run.append(Event(5, 0.25, "lr", {"from": 0.01, "to": 0.02, "by": 'a "user", with a comma'}).row())
        run.set_status(Status.FINISHED)
    return path


@pytest.fixture
def run_path(tmp_path: Path) -> Path:
    """The file of a finished run."""
    (tmp_path / "tanh").mkdir()
    return write_run(tmp_path / "tanh" / "run.h5")


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a Python process of its own that runs `code`."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
