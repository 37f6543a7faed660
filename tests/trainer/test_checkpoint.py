"""Checkpoints: what is in the directory after a write, and that a run goes on from one bit for bit."""

from __future__ import annotations

import os
import random
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from eostui.config import RunConfig
from eostui.instruments.base.measurements import Recorder
from eostui.instruments.base.point import Point
from eostui.instruments.base.say import Say
from eostui.instruments.catalogue import tables_of
from eostui.link.address import listen
from eostui.link.server import LinkServer
from eostui.store import By, RunFile, RunWriter, Status
from eostui.store.events import Warned
from eostui.trainer.checked_products import checked_products
from eostui.trainer.checkpoint import write_checkpoint
from eostui.trainer.control import Control
from eostui.trainer.loop import Trainer
from eostui.trainer.plan import plan_run
from eostui.trainer.random_states import random_states, set_random_states
from eostui.trainer.record import Record
from eostui.trainer.setup import set_up

SMALL: dict[str, Any] = {"arch": "fc-tanh", "width": 8, "data": "digits-80", "lr": 0.2, "threads": 1, "device": "cpu"}
DROPPING = """
import torch
from torch import nn

class Dropping(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.n, self.b = nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Linear(8, 2)
        self.calls = 0

    def forward(self, x):
        self.calls = self.calls + 1
        h = nn.functional.dropout(torch.tanh(self.n(self.a(x))), 0.2, self.training)
        return self.b(h) * (1 + 0.01 * self.calls)

def data():
    x = torch.randn(40, 6)
    return x, (x[:, 0] > 0).long()
"""


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_the_newest_checkpoints_are_kept_and_those_that_the_file_kept_names(tmp_path: Path) -> None:
    checkpoints = tmp_path / "checkpoints"
    write_checkpoint(checkpoints, {"step": 1}, keep=2)
    (checkpoints / "kept").write_text("step-00000002.pt\n")
    for step in (2, 3, 4, 5):
        path = write_checkpoint(checkpoints, {"step": step}, keep=2)
    assert names(checkpoints) == ["kept", "step-00000002.pt", "step-00000004.pt", "step-00000005.pt"]
    assert torch.load(path, weights_only=True) == {"step": 5}


def test_what_a_killed_writer_has_left_is_gone_after_the_next_write(tmp_path: Path) -> None:
    checkpoints = tmp_path / "checkpoints"
    checkpoints.mkdir()
    (checkpoints / "step-00000007.partial").write_bytes(b"half")
    write_checkpoint(checkpoints, {"step": 8}, keep=3)
    assert names(checkpoints) == ["step-00000008.pt"]


def test_a_checkpoint_that_cannot_be_written_leaves_the_older_ones_and_nothing_else(tmp_path: Path) -> None:
    checkpoints = tmp_path / "checkpoints"
    write_checkpoint(checkpoints, {"step": 1}, keep=1)
    (checkpoints / "step-00000002.pt").mkdir()
    with pytest.raises(OSError, match="cannot write .*step-00000002.pt"):
        write_checkpoint(checkpoints, {"step": 2}, keep=1)
    assert names(checkpoints) == ["step-00000001.pt", "step-00000002.pt"]


def test_a_checkpoint_is_on_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoints, synced = tmp_path / "checkpoints", []
    really = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append((str(Path(f"/proc/self/fd/{descriptor}").readlink()), names(checkpoints)))
        really(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    write_checkpoint(checkpoints, {"step": 1}, keep=1)
    assert synced == [
        (str(checkpoints / "step-00000001.partial"), ["step-00000001.partial"]),
        (str(checkpoints), ["step-00000001.pt"]),
    ]


def test_the_random_numbers_of_python_numpy_and_torch_go_on(tmp_path: Path) -> None:
    def draw() -> tuple[float, float, float]:
        return random.random(), float(np.random.standard_normal()), float(torch.rand(()))  # noqa: NPY002

    draw()
    torch.save(random_states(torch.device("cpu")), tmp_path / "states")
    drawn = draw()
    set_random_states(torch.load(tmp_path / "states", weights_only=True), torch.device("cpu"))
    assert draw() == drawn


def train(config: RunConfig, directory: Path, state: dict[str, Any] | None = None, stop_in: int | None = None) -> None:
    """Train in this process, from a state where one is given; stop in the measurement of step `stop_in`."""
    directory.mkdir(exist_ok=True)
    server = LinkServer(listen(directory))
    setup = set_up(config, lambda text, fraction: None)
    writer = RunWriter.create(
        directory / "run.h5",
        name=directory.name,
        config=config.to_dict(),
        environment={},
        tables=tables_of(setup.config, classes=setup.classes),
    )
    record, control = Record(writer, server), Control(server, paused=False)
    products = checked_products(setup.config, setup, setup.theta)
    trainer = Trainer(setup.config, setup, record, control, products=products)
    if state is not None:
        trainer.load_state_dict(state)
    if stop_in is not None:
        measure = trainer._measurements.measure

        def stopping(names: Collection[str], point: Point, recorder: Recorder, say: Say) -> float:
            took = measure(names, point, recorder, say)
            if point.step == stop_in:
                control.stop(By.VIEWER)
                control.abandon_if_stopping()
            return took

        trainer._measurements.measure = stopping  # type: ignore[method-assign]
    status = trainer.run()
    record.close(status)
    server.close()
    assert status is (Status.FINISHED if stop_in is None else Status.STOPPED)


def tables(directory: Path) -> dict[tuple[str, str], Any]:
    """Every column but the times, of every table that has no times only."""
    with RunFile.open(directory / "run.h5") as file:
        return {
            (name, column): values
            for name in file.tables
            if name not in ("timing", "events")
            for column, values in file.read(name).items()
            if column != "time"
        }


def newest(directory: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(max((directory / "checkpoints").iterdir()), weights_only=True)
    return state


def assert_goes_on(whole: Path, interrupted: Path, rest: Path) -> None:
    """The rows behind the newest checkpoint, and those before it, are those of the whole run, bit for bit."""
    expected, before, after, rows = tables(whole), tables(interrupted), tables(rest), newest(interrupted)["rows"]
    assert {name for name, _ in after} == {name for name, _ in expected}
    for (name, column), values in expected.items():
        joined = np.concatenate([before[name, column][: rows[name]], after[name, column]])
        assert joined.tobytes() == values.tobytes(), (name, column)


STEPS: dict[str, Any] = {"steps": 12, "eig_every": 3, "eigs": 1, "search_dtype": "float32"}
HOW: dict[str, dict[str, Any]] = {
    "gd": {**SMALL, "track": ("gauss-newton", "tracked", "oscillation", "trace")},
    "adam": {"optimizer": "adam", "lr": 0.01, "batch_size": 16, "track": ("tracked", "batch-sharpness")},
    "sgd": {"lr": 0.1, "optimizer": "sgd", "momentum": 0.9, "batch_size": 16, "lr_schedule": "warmup:9"},
}


@pytest.mark.parametrize(
    ("how", "stop"), [("gd", 6), ("adam", None), ("sgd", 6)], ids=["gd-measuring", "adam-between", "sgd-measuring"]
)
def test_a_run_goes_on_from_a_checkpoint_bit_for_bit(tmp_path: Path, how: str, stop: int | None) -> None:
    own = tmp_path / "own.py"
    own.write_text(DROPPING)
    dropping = {"arch": f"{own}:Dropping", "data": f"{own}:data", "loss": "ce", "threads": 1, "device": "cpu"}
    config = plan_run({**dropping, **STEPS, **HOW[how]})
    train(config, tmp_path / "whole")
    train(config.replace(steps=12 if stop else 7), tmp_path / "interrupted", stop_in=stop)
    state = newest(tmp_path / "interrupted")
    assert state["step"] == (stop or 7)
    train(config, tmp_path / "rest", state)
    assert_goes_on(tmp_path / "whole", tmp_path / "interrupted", tmp_path / "rest")


def test_a_run_that_has_reached_its_goal_goes_on_to_the_next_one(tmp_path: Path) -> None:
    config = plan_run({**SMALL, **STEPS, "track": ("tracked", "oscillation")})
    train(config, tmp_path / "whole")
    goal = float(tables(tmp_path / "whole")["train", "loss"][8])
    train(config.replace(until_loss=goal), tmp_path / "interrupted")
    assert 0 < newest(tmp_path / "interrupted")["step"] <= 8
    train(config, tmp_path / "rest", newest(tmp_path / "interrupted"))
    assert_goes_on(tmp_path / "whole", tmp_path / "interrupted", tmp_path / "rest")


def test_checkpoints_come_after_so_many_steps_and_at_the_end(tmp_path: Path) -> None:
    train(plan_run({**SMALL, **STEPS, "track": (), "checkpoint_every": 5}), tmp_path / "run")
    assert names(tmp_path / "run" / "checkpoints") == [f"step-{step:08d}.pt" for step in (5, 10, 12)]


def test_checkpoints_come_after_so_much_time_and_at_the_end(tmp_path: Path) -> None:
    train(plan_run({**SMALL, **STEPS, "track": (), "checkpoint_every": "0.000001s"}), tmp_path / "run")
    assert names(tmp_path / "run" / "checkpoints") == [f"step-{step:08d}.pt" for step in (10, 11, 12)]
    train(plan_run({**SMALL, **STEPS, "track": (), "checkpoint_every": "9h"}), tmp_path / "seldom")
    assert names(tmp_path / "seldom" / "checkpoints") == ["step-00000012.pt"]


def test_a_checkpoint_that_cannot_be_written_is_told_of_and_the_run_goes_on(tmp_path: Path) -> None:
    config = plan_run({**SMALL, **STEPS, "track": (), "checkpoint_every": 5})
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "checkpoints").write_text("no directory")
    train(config, tmp_path / "run")
    with RunFile.open(tmp_path / "run" / "run.h5") as file:
        said = [(event.step, event.what.text) for event in file.events() if isinstance(event.what, Warned)]
    assert [step for step, _ in said] == [5, 10, 12]
    assert all("checkpoints" in text and text.endswith("; the run goes on") for _, text in said[:2])
