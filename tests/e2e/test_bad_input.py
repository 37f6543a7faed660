"""Whatever is wrong: one clear line, the right exit code, no traceback, nothing left behind."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
from pathlib import Path

import h5py
import pytest

from eostui.store import Status
from tests.e2e.conftest import SMALL, Eostui, saved_run
from tests.e2e.test_run import OWN

TINY = ["--arch", "fc-tanh", "--width", "5", "--data", "digits-60", "--lr", "0.1", "--threads", "1"]


def _one_line(stderr: str) -> str:
    assert "Traceback" not in stderr
    assert len(stderr.strip().splitlines()) == 1, stderr
    return stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--headless", "--arch", "fc-tahn"], ["--arch", "fc-tahn", "fc-tanh"]),
        (["run", "--headless", "--lr", "-0.1"], ["--lr", "-0.1", "2/100"]),
        (["run", "--headless", "--lr", "fast"], ["--lr", "fast"]),
        (["run", "--headless", "--steps", "0"], ["--steps"]),
        (["run", "--headless", "--steps", "many"], ["--steps", "whole number"]),
        (["run", "--headless", "--name", "../up"], ["../up"]),
        (["run", "--headless", "--device", "abacus"], ["--device", "abacus", "cpu"]),
        (["run", "--headless", "--dtype", "float8"], ["--dtype", "float8", "float32"]),
        (["run", "--headless", "--arch", "own.py:modle", "--data", "digits"], ["modle", "model"]),
        (["run", "--headless", "--arch", "own.py:number", "--data", "digits"], ["own.py:number", "int"]),
        (["run", "--headless", "--arch", "own.py"], ["--arch", "write own.py:function; it has model"]),
        (["run", "--headless", "--data", "./foreign.h5"], ["--data", "foreign.h5", "a function that loads it"]),
        (["run"], ["terminal", "--headless"]),
        (["runn"], ["runn", "run"]),
        (["replay", "nothing"], ["nothing"]),
        (["info", "foreign.h5"], ["foreign.h5"]),
        (["info", "text.h5"], ["text.h5"]),
        (["info", "missing.h5"], ["missing.h5"]),
        (["export"], ["no runs", "eostui run"]),
        (["control", "nothing", "pause"], ["nothing"]),
        (["list", "things"], ["things"]),
    ],
    ids=" ".join,
)
def test_bad_input_gets_one_line_and_exit_code_2(eostui: Eostui, arguments: list[str], words: list[str]) -> None:
    (eostui.directory / "own.py").write_text(OWN)
    (eostui.directory / "text.h5").write_text("not HDF5 at all")
    with h5py.File(eostui.directory / "foreign.h5", "w") as file:
        file["x"] = 1
    done = eostui(*arguments)
    assert done.returncode == 2, (done.stdout, done.stderr)
    line = _one_line(done.stderr)
    assert all(word in line for word in words), line
    assert list((eostui.directory / "runs").glob("*")) == []


def test_data_that_is_not_there_names_the_remedies(eostui: Eostui) -> None:
    for name in ("http_proxy", "https_proxy"):
        eostui.environment[name] = eostui.environment[name.upper()] = "http://127.0.0.1:9"
    done = eostui("run", "--headless", "--arch", "fc-tanh", "--data-dir", str(eostui.directory / "data"))
    assert done.returncode == 2
    assert "--data-dir" in _one_line(done.stderr)
    assert list((eostui.directory / "runs").glob("*")) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere; the next test has another way")
def test_a_runs_directory_that_may_not_be_written_is_named(eostui: Eostui) -> None:
    locked = eostui.directory / "locked"
    locked.mkdir(mode=0o500)
    done = eostui("run", "--headless", "--runs-dir", str(locked / "runs"))
    assert done.returncode == 2
    assert str(locked) in _one_line(done.stderr)


def test_a_runs_directory_that_cannot_be_made_is_named(eostui: Eostui) -> None:
    (eostui.directory / "file").write_text("in the way")
    done = eostui("run", "--headless", "--runs-dir", "file/runs")
    assert done.returncode == 2
    assert "file" in _one_line(done.stderr)


def test_a_name_that_is_taken_is_not_overwritten(eostui: Eostui) -> None:
    saved_run(eostui)
    before = (eostui.directory / "runs/edge/run.h5").read_bytes()
    done = eostui("run", "--headless", "--steps", "2", "--name", "edge", *SMALL)
    assert done.returncode == 2
    assert "edge" in _one_line(done.stderr)
    assert (eostui.directory / "runs/edge/run.h5").read_bytes() == before


def test_a_limit_on_the_size_of_files_ends_the_run_and_loses_nothing_that_was_written(eostui: Eostui) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_200_000, 1_200_000))

    done = subprocess.run(
        eostui.command(
            "run",
            "--headless",
            "--name",
            "full",
            "--steps",
            "100000",
            "--track",
            "none",
            "--eig-every",
            "100000",
            *TINY,
        ),
        cwd=eostui.directory,
        env=eostui.environment,
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 1
    assert "run.h5" in _one_line(done.stderr)
    with eostui.open("full") as run:
        assert run.status() is Status.FAILED
        assert run.length("train") > 500


def test_a_full_disk_pauses_the_run_until_there_is_room(eostui: Eostui) -> None:
    disk = eostui.directory / "runs"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small file system")
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(500_000))
    measures_little = ("--track", "none", "--eig-every", "100000", "--checkpoint-every", "100")
    running = eostui.start("run", "--headless", "--name", "full", "--steps", "1000000", *measures_little, *TINY)
    try:
        eostui.wait_for(lambda run: run.status() is Status.PAUSED, "full")
        changed, noted = eostui("control", "full", "lr", "2/50"), eostui("control", "full", "note", "it is full")
        asked = eostui("control", "full", "checkpoint", "--timeout", "20")
        room = re.compile(r"free space on that disk: 0\.\d MB or more")
        assert changed.returncode == noted.returncode == 0
        assert "η = 2/50 (0.04) from step" in changed.stdout
        assert "the run goes on once there is room" in changed.stdout
        assert room.search(changed.stdout)
        assert asked.returncode == 2
        assert "the run cannot go on to do that" in asked.stderr
        assert room.search(asked.stderr)
        ballast.unlink()
        eostui.wait_for(lambda run: any("for room on the disk" in str(e.detail) for e in run.events()), "full")
        eostui("control", "full", "stop")
        running.communicate(timeout=60)
        with eostui.open("full") as run:
            steps = run.read("train", ["step"])["step"]
            assert list(steps) == list(range(len(steps)))
            kinds = [event.kind for event in run.events()]
            assert kinds.index("lr") < kinds.index("note") < kinds.index("warning", kinds.index("note"))
    finally:
        for trainer in eostui.trainers():
            os.kill(trainer, signal.SIGKILL)
        eostui.wait_for_no_trainer()
        running.kill()
        running.communicate()
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_run_cut_short_is_named_as_such(eostui: Eostui, tmp_path: Path) -> None:
    saved_run(eostui)
    data = (eostui.directory / "runs/edge/run.h5").read_bytes()
    (tmp_path / "stump.h5").write_bytes(data[:2000])
    done = eostui("info", str(tmp_path / "stump.h5"))
    assert done.returncode == 2
    assert "stump.h5" in _one_line(done.stderr)
