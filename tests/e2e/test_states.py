"""What the command line says of runs whose trainers start, are suspended, are moved, or leave a child behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path

from tests.e2e.conftest import SMALL, Eostui

LEAVES_A_CHILD = """
import os, time, torch

def data():
    if os.fork() == 0:  # as a logger or a worker of the user's may
        time.sleep(600)
        os._exit(0)
    x = torch.randn(40, 6)
    return x, x[:, :1]

def net():
    return torch.nn.Linear(6, 1)
"""


def state_of(eostui: Eostui, name: str) -> str:
    states = {row["name"]: row["state"] for row in json.loads(eostui("ls", "--json").stdout)}
    return str(states.get(name, "not listed"))


def test_a_run_is_seen_from_its_start_to_its_end_wherever_it_goes(eostui: Eostui, tmp_path: Path) -> None:
    eostui.start("run", "--headless", "--steps", "1000000", "--name", "demo", *SMALL)
    runs = eostui.directory / "runs"
    while not (runs / "demo" / "heartbeat.json").exists():
        time.sleep(0.02)
    assert state_of(eostui, "demo") in ("starting", "running")
    eostui.wait_for(lambda run: run.length("train") > 0, "demo")
    (trainer,) = eostui.trainers()

    os.kill(trainer, signal.SIGSTOP)
    assert state_of(eostui, "demo") == "suspended"
    assert "is suspended: `kill -CONT" in eostui("control", "demo", "pause").stderr
    shutil.copytree(runs / "demo", runs / "copy", ignore=shutil.ignore_patterns("*.sock"))
    os.kill(trainer, signal.SIGCONT)
    assert (state_of(eostui, "demo"), state_of(eostui, "copy")) == ("running", "copy")

    (runs / "demo").rename(runs / "renamed")
    assert state_of(eostui, "renamed") == "running"
    written = eostui("control", "renamed", "checkpoint")
    assert (written.returncode, written.stderr) == (0, "")
    assert list((runs / "renamed" / "checkpoints").glob("step-*.pt"))
    assert not (runs / "demo").exists()

    shutil.rmtree(runs / "renamed")
    eostui.wait_for_no_trainer()


def test_a_run_that_is_starting_is_stopped_and_its_name_is_free(eostui: Eostui) -> None:
    started = eostui.start("run", "--headless", "--name", "demo", *SMALL)
    while not (eostui.directory / "runs" / "demo" / "heartbeat.json").exists():
        time.sleep(0.02)
    stopped = eostui("control", "demo", "stop")
    assert stopped.returncode == 0, stopped.stderr
    assert "demo was stopped before its first step, and nothing is left of it" in stopped.stdout
    started.communicate(timeout=60)
    eostui.wait_for_no_trainer()
    assert state_of(eostui, "demo") == "not listed"

    eostui.start("run", "--headless", "--name", "demo", *SMALL)
    while not (found := eostui.trainers()):
        time.sleep(0.02)
    os.kill(found[0], signal.SIGKILL)
    eostui.wait_for_no_trainer()
    assert state_of(eostui, "demo") in ("died while starting", "not listed")  # its front end may have taken it away


def test_a_child_that_a_trainer_leaves_behind_is_not_the_trainer(eostui: Eostui) -> None:
    (eostui.directory / "mine.py").write_text(LEAVES_A_CHILD)
    own = ("--arch", "mine.py:net", "--data", "mine.py:data", "--lr", "0.01", "--threads", "1")
    eostui.start("run", "--headless", "--name", "demo", "--steps", "1000000", *own)
    eostui.wait_for(lambda run: run.length("train") > 0, "demo")
    found = eostui.trainers()  # the child has the same command line
    assert len(found) == 2
    heartbeat = json.loads((eostui.directory / "runs" / "demo" / "heartbeat.json").read_text())
    os.kill(heartbeat["pid"], signal.SIGKILL)
    deadline = time.monotonic() + 20
    while state_of(eostui, "demo") != "died":
        assert time.monotonic() < deadline
    assert "no trainer is running for 'demo'" in eostui("control", "demo", "pause").stderr
