"""Runs that go on after their trainer has ended, and runs that branch off: real trainers, real signals."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from eostui.store import Kind, RunFile, Status
from eostui.store.events import Forked, Resumed, StepSizeChanged
from tests.e2e.conftest import Eostui

SMALL = (
    *("run", "--headless", "--data", "digits-80", "--arch", "fc-tanh", "--width", "8", "--lr", "0.2"),
    *("--device", "cpu", "--threads", "1", "--search-dtype", "float32"),
    *("--eigs", "1", "--eig-every", "7", "--track", "tracked,oscillation", "--flow", "central,gradient"),
)
"""A run whose numbers are the same in every trainer, to the last bit."""

Columns = dict[tuple[str, str], np.ndarray[Any, Any]]


def columns_of(path: Path) -> Columns:
    """Every column but the times, of every table that has more than times, read without `swmr`."""
    with h5py.File(path) as file:
        tables = {name: table for name, table in file["tables"].items() if name not in ("timing", "events")}
        return {(name, it): values[:] for name, table in tables.items() for it, values in table.items() if it != "time"}


def assert_same(left: Columns, right: Columns) -> None:
    assert left.keys() == right.keys()
    for name, values in left.items():
        assert values.tobytes() == right[name].tobytes(), name


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a run that was never stopped."""
    eostui = Eostui(tmp_path_factory.mktemp("whole"))
    assert eostui(*SMALL, "--steps", "90", "--checkpoint-every", "20", "--name", "whole").returncode == 0
    return eostui.directory / "runs" / "whole" / "run.h5"


def test_a_killed_run_goes_on_as_if_it_had_never_ended(eostui: Eostui, whole: Path) -> None:
    eostui.start(*SMALL, "--steps", "1000000", "--checkpoint-every", "20", "--name", "demo")
    eostui.wait_for(lambda run: run.length("train") > 25, "demo")
    live = eostui("resume", "demo", "--headless")
    assert (live.returncode, live.stderr) == (
        2,
        "eostui: demo is still being trained: watch it with `eostui attach demo`\n",
    )
    (trainer,) = eostui.trainers()
    os.kill(trainer, signal.SIGKILL)
    eostui.wait_for_no_trainer()
    with eostui.open("demo") as run:
        reached = run.length("train")

    steps = "90" if reached < 90 else str(reached + 10)
    resumed = eostui("resume", "demo", "--headless", "--steps", steps)
    assert resumed.returncode == 0, resumed.stderr
    if steps == "90":
        assert_same(columns_of(eostui.directory / "runs" / "demo" / "run.h5"), columns_of(whole))
    with eostui.open("demo") as run:
        assert run.status() is Status.FINISHED
        assert np.array_equal(run.read("train", ["step"])["step"], np.arange(int(steps)))
        assert np.all(np.diff(run.read("train", ["time"])["time"]) > 0)
        (event,) = [event for event in run.events() if isinstance(event.what, Resumed)]
        assert isinstance(event.what, Resumed)
        assert event.step % 20 == 0
        assert event.what.checkpoint == f"step-{event.step:08d}.pt"
        assert "rows behind it were cut" in event.what.text or reached == event.step
    again = eostui("resume", "demo", "--headless")
    assert again.returncode == 2
    assert f"demo has made its {int(steps):,} steps: give --steps N with more to go on" in again.stderr


def test_a_stopped_run_goes_on_with_another_step_size_and_a_finished_one_to_a_new_goal(
    eostui: Eostui, whole: Path
) -> None:
    finished = eostui(*SMALL, "--steps", "33", "--name", "demo")
    assert finished.returncode == 0, finished.stderr
    assert eostui("resume", "demo", "--headless", "--steps", "60").returncode == 0
    goes_on = columns_of(eostui.directory / "runs" / "demo" / "run.h5")
    expected = columns_of(whole)
    assert_same(goes_on, {name: values[: len(goes_on[name])] for name, values in expected.items()})

    changed = eostui("resume", "demo", "--headless", "--lr", "2/50", "--steps", "70")
    assert changed.returncode == 0, changed.stderr
    with eostui.open("demo") as run:
        assert [event.kind for event in run.events() if event.step == 60][:4] == [
            *("checkpoint", "finished", "resumed", "lr")
        ]
        (change,) = [event.what for event in run.events() if isinstance(event.what, StepSizeChanged)]
        assert (change.lr, change.previous, round(change.threshold)) == (0.04, 0.2, 50)
        assert np.array_equal(run.read("train", ["lr"])["lr"][[59, 60, 69]], [0.2, 0.04, 0.04])
        assert run.config["steps"] == 70


def test_a_run_without_a_usable_checkpoint_goes_on_from_what_there_is(eostui: Eostui, whole: Path) -> None:
    assert eostui(*SMALL, "--steps", "45", "--checkpoint-every", "20", "--name", "demo").returncode == 0
    directory = eostui.directory / "runs" / "demo"
    (directory / "checkpoints" / "step-00000045.pt").write_bytes(b"torn")
    assert eostui("resume", "demo", "--headless", "--steps", "90").returncode == 0
    assert_same(columns_of(directory / "run.h5"), columns_of(whole))
    with RunFile.open(directory / "run.h5") as run:
        (told,) = [event.what for event in run.events() if isinstance(event.what, Resumed)]
        assert told.checkpoint == "step-00000040.pt"
        assert "step-00000045.pt cannot be read" in told.text

    for path in (directory / "checkpoints").iterdir():
        path.unlink()
    assert eostui("resume", "demo", "--headless", "--steps", "50").returncode == 2  # it has made them
    assert eostui("resume", "demo", "--headless", "--steps", "91").returncode == 0
    with RunFile.open(directory / "run.h5") as run:
        (told,) = [event.what for event in run.events() if isinstance(event.what, Resumed)]
        assert told.text.startswith("went on from step 0: there is no checkpoint; rows behind it were cut: 90 of train")
        assert np.array_equal(run.read("train", ["loss"])["loss"][:90], columns_of(whole)["train", "loss"])


def test_a_run_branches_off_and_has_the_others_rows(eostui: Eostui, whole: Path) -> None:
    runs = str(whole.parents[1])
    same = eostui("fork", "whole", "--runs-dir", runs, "--at", "75", "--headless", "--name", "same")
    assert same.returncode == 0, same.stderr
    forked, parent = columns_of(whole.parents[1] / "same" / "run.h5"), columns_of(whole)
    for name in ("step", "lr", "threshold", "loss", "accuracy", "grad_norm"):
        assert forked["train", name].tobytes() == parent["train", name].tobytes(), name
    assert set(forked["hessian", "step"]) == {*parent["hessian", "step"], 75}  # a fork measures at once
    assert (whole.parent / "checkpoints" / "kept").read_text() == "step-00000060.pt\n"

    other = eostui(
        *("fork", "whole", "--runs-dir", runs, "--at", "61", "--headless", "--name", "adam"),
        *("--optimizer", "adam", "--lr", "0.001", "--steps", "66"),
    )
    assert other.returncode == 0, other.stderr
    with RunFile.open(whole.parents[1] / "adam" / "run.h5") as run, RunFile.open(whole) as file:
        assert run.parent is not None
        assert (run.parent.name, run.parent.created, run.parent.step) == ("whole", file.created, 61)
        assert [event.kind for event in run.events() if event.step == 61] == [Kind.FORKED]
        (told,) = [event.what for event in run.events() if isinstance(event.what, Forked)]
        assert told.text == (
            "branched off from whole: lr 0.001, optimizer adam, beta1 0.9, beta2 0.999, eps 1e-08, steps 66"
        )
        rows = run.read("train")
        assert np.array_equal(rows["loss"][:62], parent["train", "loss"][:62])
        assert np.array_equal(rows["lr"][60:], [0.2, *[0.001] * 5])
        assert run.length("train") == 66
        assert run.length("preconditioned") > 0

    beyond = eostui("fork", "whole", "--runs-dir", runs, "--at", "91", "--headless")
    assert (beyond.returncode, beyond.stderr) == (2, "eostui: --at 91 is beyond the 90 steps of whole\n")
    late = eostui("fork", "whole", "--runs-dir", runs, "--at", "50", "--steps", "50", "--headless")
    assert (late.returncode, late.stderr) == (
        2,
        "eostui: --steps 50 ends before the fork at step 50 begins: give more\n",
    )
