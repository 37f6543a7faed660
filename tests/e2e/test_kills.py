"""A run whose trainer is killed again and again, at moments that nobody has chosen, and goes on each time."""

from __future__ import annotations

import io
import multiprocessing
import random
import sys
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import numpy as np

from eostui.config import RunConfig
from eostui.link.address import listen
from eostui.store import Kind, RunFile, RunFileError, Status
from eostui.trainer.assignment import Assignment, Origin
from eostui.trainer.plan import plan_run
from tests.e2e.test_resume import assert_same, columns_of

KILLS = 5
STEPS = 200
MODEL = """
import time
from torch import nn

class Slow(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(64, 8), nn.Tanh(), nn.Linear(8, 10))

    def forward(self, x):
        time.sleep(0.02)  # that no machine is done before it is killed
        return super().forward(x)
"""


def config_of(model: Path) -> RunConfig:
    model.write_text(MODEL)
    return plan_run(
        {
            **{"arch": f"{model}:Slow", "data": "digits-80", "lr": 0.2, "threads": 1, "device": "cpu", "eigs": 1},
            **{"search_dtype": "float32", "eig_every": 50, "track": ("oscillation",), "checkpoint_every": 10},
            "steps": STEPS,
        }
    )


def main_of_a_trainer(directory: Path, assignment: str) -> None:
    """What `python -m eostui.trainer` does, in a process that has imported torch already."""
    from eostui.trainer.__main__ import main

    sys.argv = ["eostui.trainer", str(directory), str(listen(directory).detach())]
    sys.stdin = io.StringIO(assignment)
    main()


def trainer(directory: Path, config: RunConfig, origin: Origin | None) -> ForkServerProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["eostui.trainer.process"])
    process = context.Process(target=main_of_a_trainer, args=(directory, Assignment(config, origin).to_json()))
    process.start()
    return process


def run_to_its_end(directory: Path, config: RunConfig, origin: Origin | None = None) -> None:
    process = trainer(directory, config, origin)
    process.join(120)
    assert process.exitcode == 0


def rows_in(path: Path) -> int:
    try:
        with RunFile.open(path) as run:
            return run.length("train")
    except RunFileError:
        return 0


def kill_at_some_moment(process: ForkServerProcess, path: Path, moments: random.Random) -> None:
    """Mostly after it has made some steps, and sometimes before."""
    before = rows_in(path)
    if moments.random() < 0.8:
        while rows_in(path) == before:  # what is cut is made again at once
            assert process.exitcode is None
            time.sleep(0.02)
    process.join(moments.uniform(0.0, 0.4))
    assert process.exitcode is None, "it must be killed before it is done"
    process.kill()
    process.join()


def test_a_run_that_is_killed_again_and_again_ends_as_one_that_never_was(tmp_path: Path) -> None:
    config = config_of(tmp_path / "slow.py")
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    run_to_its_end(whole, config)
    moments = random.Random(5)
    cuts = 0
    for _ in range(KILLS):
        begun = (killed / "run.h5").exists()
        process = trainer(killed, config, Origin(str(killed)) if begun else None)
        kill_at_some_moment(process, killed / "run.h5", moments)
        cuts += rows_in(killed / "run.h5") > 0
    run_to_its_end(killed, config, Origin(str(killed)))

    assert cuts > KILLS / 2
    assert_same(columns_of(killed / "run.h5"), columns_of(whole / "run.h5"))
    with RunFile.open(killed / "run.h5") as run:
        assert run.status() is Status.FINISHED
        assert np.all(np.diff([event.step for event in run.events()]) >= 0)
        assert [event.kind for event in run.events()].count(Kind.FINISHED) == 1
    assert {path.name for path in killed.iterdir()} == {"run.h5", "checkpoints"}
    assert not list((killed / "checkpoints").glob("*.partial"))
