"""However a trainer dies: who watches is told how, and a run that had not begun leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from eostui.link.log import KEPT, TOO_LONG
from eostui.store import Status
from tests.e2e.conftest import Eostui

DYING = """
import atexit, ctypes, os, sys, threading, time
from pathlib import Path
import torch
from torch import nn

def data():
    x = torch.linspace(-1, 1, 40).reshape(20, 2)
    return x, x.prod(1, keepdim=True)

def crashes():
    ctypes.memset(8, 0, 8)

def aborts():
    os.write(2, b"assertion failed: the queue is empty\\n")
    os.abort()

def leaves():
    os._exit(7)

class NoSize(nn.Linear):
    def parameters(self, recurse=True):
        raise KeyError("the weights went for a walk")
    named_parameters = parameters

def is_odd():
    return NoSize(2, 1)

def waits():
    Path("waits has begun").touch()
    time.sleep(300)

def waits_too():
    Path("waits_too has begun").touch()
    time.sleep(300)

def never_listens():
    Path("never_listens has begun").touch()
    while True:
        try:
            time.sleep(300)
        except BaseException:
            continue

def lingers():
    threading.Thread(target=time.sleep, args=(300,)).start()
    atexit.register(Path("farewell").touch)
    return nn.Linear(2, 1)

def clings():
    atexit.register(time.sleep, 300)
    return nn.Linear(2, 1)

def floods(outputs, targets):
    for _ in range(1000):
        os.write(1, b"flooded with words " * 200 + b"\\n")
    return (outputs - targets).pow(2).mean()

def plain():
    return nn.Linear(2, 1)

def hangs(outputs, targets):
    if '"14 measuring effective-smoothness' in Path("runs/demo/heartbeat.json").read_text():
        Path("it hangs").touch()
        time.sleep(300)
    return (outputs - targets).pow(2).mean()

def says_goodbye():
    print("the first words")
    atexit.register(print, "the last words")
    return nn.Linear(2, 1)

def walks_out(outputs, targets):
    walks_out.calls = getattr(walks_out, "calls", 0) + 1
    if walks_out.calls > 60:
        threading.Thread(target=time.sleep, args=(300,)).start()
        raise RuntimeError("enough is enough")
    return (outputs - targets).pow(2).mean()
"""


@pytest.fixture
def dying(eostui: Eostui, tmp_path: Path) -> Eostui:
    (eostui.directory / "dying.py").write_text(DYING)
    (tmp_path / "temporary").mkdir()
    eostui.environment["TMPDIR"] = str(tmp_path / "temporary")
    return eostui


def _arguments(model: str, *more: str, name: str = "") -> list[str]:
    own = ["--arch", f"dying.py:{model}", "--data", "dying.py:data", "--loss", "mse", "--lr", "0.1"]
    return [
        "run",
        "--headless",
        *own,
        "--name",
        name or model,
        "--steps",
        "2",
        "--track",
        "none",
        "--threads",
        "1",
        *more,
    ]


def _started(dying: Eostui, *models: str) -> list[subprocess.Popen[str]]:
    """Runs that are being set up: their models' functions have been called, and do not return."""
    processes = [dying.start(*_arguments(model)) for model in models]
    deadline = time.monotonic() + 60
    while not all((dying.directory / f"{model} has begun").exists() for model in models):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return processes


def _one_line(stderr: str) -> str:
    (line,) = stderr.splitlines()
    return line


def _logs(dying: Eostui) -> list[Path]:
    return list((dying.directory / "temporary").glob("eostui-*.log"))


def test_a_start_that_fails_says_how_and_takes_no_name(dying: Eostui) -> None:
    expected = {
        "crashes": (["signal 11 (SIGSEGV)", "Segmentation fault, in crashes (", "dying.py:"], "Segmentation fault"),
        "aborts": (["signal 6 (SIGABRT)", "assertion failed: the queue is empty, in aborts"], "the queue is empty"),
        "leaves": (["ended with exit status 7"], None),
        "is_odd": (["KeyError", "the weights went for a walk"], "Traceback"),
    }
    processes = {model: dying.start(*_arguments(model)) for model in expected}
    for model, (words, log) in expected.items():
        _, stderr = processes[model].communicate(timeout=90)
        assert processes[model].returncode == 1, model
        line = _one_line(stderr)
        assert all(word in line for word in words), line
        for path in _logs(dying):
            if str(path) in line:
                assert log is not None
                assert log in path.read_text()
                path.unlink()
                break
        else:
            assert log is None, line
    assert _logs(dying) == []
    assert list((dying.directory / "runs").iterdir()) == []


def test_a_start_that_is_interrupted_leaves_nothing(dying: Eostui) -> None:
    interrupted, terminated, stuck = _started(dying, "waits", "waits_too", "never_listens")
    (trainer,) = (pid for pid in dying.trainers() if b"never_listens" in Path(f"/proc/{pid}/cmdline").read_bytes())
    interrupted.send_signal(signal.SIGINT)
    terminated.send_signal(signal.SIGTERM)
    os.kill(trainer, signal.SIGTERM)
    for process, code in ((interrupted, 130), (terminated, 143)):
        _, stderr = process.communicate(timeout=30)
        assert process.returncode == code
        assert "stopped before its first step" in stderr
    # one that heeds nothing is ended by a second signal, at once
    assert dying.trainers() == [trainer]
    os.kill(trainer, signal.SIGTERM)
    _, stderr = stuck.communicate(timeout=30)
    assert stuck.returncode == 1
    assert "second SIGTERM" in _one_line(stderr)
    assert list((dying.directory / "runs").iterdir()) == []
    dying.wait_for_no_trainer(timeout=5)


def test_what_a_trainer_left_that_died_unseen_takes_no_name(dying: Eostui) -> None:
    (process,) = _started(dying, "waits")
    process.kill()
    process.communicate()
    (trainer,) = dying.trainers()
    again = _arguments("lingers", name="waits")
    assert dying(*again).returncode == 2  # it lives, and its name is its own
    os.kill(trainer, signal.SIGKILL)
    dying.wait_for_no_trainer()
    assert (dying.directory / "runs/waits").exists()
    diary = dying.directory / "runs/mine/diary"
    diary.mkdir(parents=True)
    assert dying(*_arguments("lingers", name="mine")).returncode == 2  # what is not a trainer's is never touched
    assert diary.is_dir()
    done = dying(*again)
    assert done.returncode == 0, done.stderr
    # and a thread that it has left does not keep the trainer; an exit handler has its turn
    dying.wait_for_no_trainer(timeout=5)
    assert (dying.directory / "farewell").exists()


def test_a_log_without_end_keeps_its_first_and_its_last_words(dying: Eostui) -> None:
    done = dying(*_arguments("says_goodbye", "--loss", "dying.py:floods", "--steps", "20"))
    assert done.returncode == 0, done.stderr
    log = (dying.directory / "runs/says_goodbye/trainer.log").read_text()
    assert len(log) <= TOO_LONG
    assert "the first words" in log[:KEPT]
    assert "the last words" in log[-KEPT:]
    left_out = re.search(r"^\[eostui: (\d+) bytes are left out here\]$", log, re.MULTILINE)
    assert left_out is not None
    assert int(left_out[1]) > 30_000_000


def test_what_a_trainer_did_when_it_was_killed_is_told(dying: Eostui) -> None:
    own = ("--loss", "dying.py:hangs", "--steps", "100", "--track", "effective-smoothness", "--eig-every", "7")
    watched = dying.start(*_arguments("plain", *own, name="demo"))
    deadline = time.monotonic() + 60
    while not (dying.directory / "it hangs").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    (trainer,) = dying.trainers()
    os.kill(trainer, signal.SIGKILL)
    _, stderr = watched.communicate(timeout=30)
    told = "at step 14 while measuring effective-smoothness"
    assert f"as the system does where memory runs out, {told}" in _one_line(stderr)
    assert f"died {told}" in dying("ls").stdout
    assert f"died {told}" in dying("info", "demo").stdout
    (listed,) = json.loads(dying("ls", "--json").stdout)
    assert (listed["state"], listed["state_in_full"]) == ("died", f"died {told}")


def test_a_trainer_ends_with_its_run_whatever_the_users_code_has_left(dying: Eostui) -> None:
    failing = _arguments("lingers", "--loss", "dying.py:walks_out", "--steps", "500", name="failed")
    processes = dying.start(*_arguments("clings")), dying.start(*failing)
    clings, failed = (process.communicate(timeout=90)[1] for process in processes)
    assert [process.returncode for process in processes] == [0, 1], (clings, failed)
    assert "enough is enough" in failed
    dying.wait_for_no_trainer(timeout=8)
    with dying.open("failed") as run:
        assert run.status() is Status.FAILED
