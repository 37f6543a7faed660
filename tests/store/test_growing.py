"""A run is read while it grows, and after its writer was killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from eostui.store import RunFile, RunFileError, RunWriter, Status
from tests.store.conftest import TABLES, python

WRITER = """
import sys, time
from pathlib import Path
from eostui.store import Event, TRAIN, RunWriter, Status
from tests.store.conftest import HESSIAN, TABLES

with RunWriter.create(Path(sys.argv[1]), name="w", config={}, environment={}, tables=TABLES) as run:
    run.set_status(Status.RUNNING)
    start, step = time.monotonic(), 0
    while step < int(sys.argv[2]):
        for _ in range(20):
            run.append(TRAIN.row({"step": step, "time": time.monotonic() - start, "loss": step / 3}))
            if step % 7 == 0:
                measured = {"step": step, "eigenvalues": [step, 2, 1], "products": 1, "certified": 1}
                run.append(HESSIAN.row(measured))
            step += 1
        print(step, time.monotonic() - start, flush=True)
        time.sleep(0.002)
    run.append(Event(step, 0.0, "end", {"step": step}).row())
    run.set_status(Status.FINISHED)
"""


def check_whole(run: RunFile) -> int:
    """Check every row of a run of WRITER and return how many there are."""
    train = run.read("train")
    rows = len(train["step"])
    np.testing.assert_array_equal(train["step"], np.arange(rows))
    np.testing.assert_array_equal(train["loss"], np.arange(rows) / 3)
    hessian = run.read("hessian")
    np.testing.assert_array_equal(hessian["step"], np.arange(len(hessian["step"])) * 7)
    np.testing.assert_array_equal(hessian["eigenvalues"][:, 0], hessian["step"])
    return rows


def test_another_process_reads_a_run_that_grows(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, path, "8000"], stdout=subprocess.DEVNULL)
    try:
        while not path.exists():  # its name appears when it can be read, not before
            time.sleep(0.001)
        seen = []
        with RunFile.open(path) as run:
            while not run.status().ended:
                run.refresh()
                seen.append(check_whole(run))
                time.sleep(0.05)
            assert run.status() is Status.FINISHED
            assert check_whole(run) == 8000
            assert run.events()[-1].kind == "end"
    finally:
        writer.kill()
        writer.wait()
    assert seen == sorted(seen)
    assert len(set(seen)) > 3


@pytest.mark.parametrize("seed", range(5))
def test_a_killed_writer_leaves_a_whole_run_but_for_its_last_second(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "run.h5"
    writer = python(WRITER, path, 10**9)
    assert writer.stdout is not None
    writer.stdout.readline()
    time.sleep(random.Random(seed).uniform(0.0, 1.5))
    writer.send_signal(signal.SIGKILL)
    appended = [line.split() for line in writer.communicate()[0].splitlines()]
    with RunFile.open(path) as run:
        rows = check_whole(run)
        assert run.status() is Status.RUNNING
    on_time = [int(step) for step, when in appended if float(when) < float(appended[-1][1]) - 1.0]
    assert rows >= max(on_time, default=0)
    with pytest.raises(Exception, match="already exists"):
        RunWriter.create(path, name="w", config={}, environment={}, tables=TABLES)


def test_rows_reach_the_disk_while_the_training_thread_is_busy(tmp_path: Path) -> None:
    code = WRITER.split("with RunWriter")[0] + (
        "run = RunWriter.create(Path(sys.argv[1]), name='w', config={}, environment={}, tables=TABLES)\n"
        "run.append(TRAIN.row({'step': 0, 'loss': 0.0}))\n"
        "print('busy', flush=True)\n"
        "while True: sum(range(1000))\n"
    )
    path = tmp_path / "run.h5"
    writer = python(code, path)
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "busy\n"
        time.sleep(1.0)
        with RunFile.open(path) as run:
            assert check_whole(run) == 1
    finally:
        writer.kill()
        writer.communicate()


def test_a_writer_that_nobody_closed_is_closed_when_python_ends(tmp_path: Path) -> None:
    code = WRITER.split("with RunWriter")[0] + (
        "run = RunWriter.create(Path(sys.argv[1]), name='w', config={}, environment={}, tables=TABLES)\n"
        "for step in range(1000): run.append(TRAIN.row({'step': step, 'loss': step / 3}))\n"
        "raise SystemExit(3)\n"
    )
    path = tmp_path / "run.h5"
    writer = python(code, path)
    assert writer.communicate(timeout=60)[1] == ""
    assert writer.returncode == 3
    with RunFile.open(path) as run:
        assert check_whole(run) == 1000


def test_the_status_alone_is_written_at_once_and_in_any_thread(tmp_path: Path) -> None:
    code = WRITER.split("with RunWriter")[0] + (
        "import os, threading\n"
        "run = RunWriter.create(Path(sys.argv[1]), name='w', config={}, environment={}, tables=TABLES)\n"
        "with run._disk_lock:\n"  # a flush that takes its time
        "    thread = threading.Thread(target=run.mark, args=[Status.STOPPED])\n"
        "    thread.start()\n"
        "    thread.join()\n"
        "    os._exit(3)\n"
    )
    path = tmp_path / "run.h5"
    writer = python(code, path)
    assert (writer.communicate(timeout=60)[1], writer.returncode) == ("", 3)
    with RunFile.open(path) as run:
        assert run.status() is Status.STOPPED


def test_an_hdf5_file_that_is_still_being_created_is_not_read_as_a_run(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    code = "import h5py, sys\nh5py.File(sys.argv[1], 'w', libver='latest').flush()\nprint(1, flush=True)\ninput()"
    writer = python(code, path)
    assert writer.stdout is not None
    writer.stdout.readline()
    with pytest.raises(RunFileError, match=r"run\.h5: "):
        RunFile.open(path)
    writer.communicate("\n")
