"""Steering a run from outside, as a key or a script does."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import numpy as np
import pytest

from eostui.store import RunFile, Status
from eostui.store.events import Noted, TrackingChanged
from tests.e2e.conftest import SMALL, Eostui, alone_in

pytestmark = pytest.mark.xdist_group("control")  # most of these tests have one run between them


def _begin(eostui: Eostui) -> Eostui:
    """Start a run named `demo` that goes on until it is stopped, and that nobody watches."""
    viewer = eostui.start("run", "--headless", "--name", "demo", "--steps", "1000000", "--eig-every", "50", *SMALL)
    eostui.wait_for(lambda run: run.length("train") > 3, "demo")
    viewer.kill()  # the trainer has a session of its own and does not notice
    viewer.communicate()
    return eostui


@pytest.fixture
def running(eostui: Eostui) -> Eostui:
    """A run of one's own, to be ended."""
    return _begin(eostui)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Eostui]:
    """A run that each test leaves as it was: training, with its first step size and its own instruments."""
    with alone_in(tmp_path_factory.mktemp("control")) as eostui:
        yield _begin(eostui)


def _control(eostui: Eostui, *arguments: str) -> str:
    done = eostui("control", "demo", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _rows(run: RunFile) -> int:
    return run.length("train")


def test_killing_the_viewer_does_not_stop_the_training(shared: Eostui) -> None:
    with shared.open("demo") as run:
        before = _rows(run)
    shared.wait_for(lambda run: _rows(run) > before + 5, "demo")
    assert "running" in shared("ls").stdout


def test_a_paused_run_stands_still_and_steps_one_at_a_time(shared: Eostui) -> None:
    assert "paused" in _control(shared, "pause")
    time.sleep(1)
    with shared.open("demo") as run:
        assert run.status() is Status.PAUSED
        standing = _rows(run)
    time.sleep(1)
    _control(shared, "step")
    shared.wait_for(lambda run: _rows(run) == standing + 1, "demo")
    time.sleep(1)
    with shared.open("demo") as run:
        assert _rows(run) == standing + 1
    assert "measured" in _control(shared, "measure")
    shared.wait_for(lambda run: run.read("hessian")["step"][-1] == standing + 1, "demo")
    _control(shared, "resume")
    shared.wait_for(lambda run: _rows(run) > standing + 5, "demo")


def test_a_new_step_size_is_a_kink_in_the_threshold_at_the_step_that_the_event_names(running: Eostui) -> None:
    assert "η = 1/20 (0.05) from step" in _control(running, "lr", "1/20")
    running.wait_for(lambda run: run.read("train")["lr"][-1] == 0.05, "demo")
    assert "η = 2/15 (0.1333) from step" in _control(running, "lr", "2/15")
    assert _control(running, "stop") == "stopping\nstopped\n"  # it comes back when the run has stopped
    with running.open("demo") as run:
        train = run.read("train")
        change = next(event for event in run.events() if event.kind == "lr")
        kink = int(np.flatnonzero(np.diff(train["threshold"]))[0]) + 1
        assert train["step"][kink] == change.step
        assert (train["threshold"][kink - 1], train["threshold"][kink]) == (12.0, 40.0)
        assert (change.detail["previous"], change.detail["lr"], change.detail["threshold"]) == (2 / 12, 0.05, 40.0)
        assert run.status() is Status.STOPPED
    running.wait_for_no_trainer()


def test_a_checkpoint_loads_without_pickle_and_holds_the_weights(shared: Eostui) -> None:
    import torch

    before = set(shared.directory.glob("runs/demo/checkpoints/*"))
    assert "wrote" in _control(shared, "checkpoint")
    (path,) = set(shared.directory.glob("runs/demo/checkpoints/*")) - before
    content = torch.load(path, weights_only=True)
    assert path.name == f"step-{content['step']:08d}.pt"
    assert sum(tensor.numel() for tensor in content["model"].values()) == 64 * 200 + 200 + 200 * 200 + 200 + 2010


def test_a_pause_a_measurement_and_a_checkpoint_at_the_same_weights_have_the_same_step(shared: Eostui) -> None:
    import torch

    step = int(_control(shared, "pause").removeprefix("paused before step "))
    assert _control(shared, "measure") == f"measured before step {step}\n"
    assert f"step-{step:08d}.pt" in _control(shared, "checkpoint")
    content = torch.load(shared.directory / f"runs/demo/checkpoints/step-{step:08d}.pt", weights_only=True)
    assert content["step"] == step
    shared.wait_for(lambda run: ("checkpoint", step) in [(event.kind, event.step) for event in run.events()], "demo")
    with shared.open("demo") as run:
        assert run.read("hessian")["step"][-1] == step
        assert run.read("train")["step"][-1] == step - 1
        asked = [event for event in run.events() if event.kind in ("pause", "measure", "checkpoint")][-3:]
        assert [(event.kind, event.step) for event in asked] == [
            ("pause", step),
            ("measure", step),
            ("checkpoint", step),
        ]
    assert _control(shared, "resume") == f"going on with step {step}\n"


def test_a_note_is_in_the_file_without_what_a_terminal_would_obey(shared: Eostui) -> None:
    assert "noted before step" in _control(shared, "note", "η \x1b[31mis red")
    shared.wait_for(lambda run: any(event.kind == "note" for event in run.events()), "demo")
    with shared.open("demo") as run:
        (note,) = [event.what for event in run.events() if event.kind == "note"]
    assert note == Noted("η  [31mis red")


def test_an_instrument_begins_and_ends_while_the_run_goes_on(shared: Eostui) -> None:
    told = _control(shared, "track", "trace")
    step = int(told.removeprefix("trace is measured from step ").split(" ")[0])
    assert "a row costs about" in told
    shared.wait_for(lambda run: "trace" in run.tables and run.length("trace") > 0, "demo")
    told = _control(shared, "untrack", "trace")
    with shared.open("demo") as run:
        rows = run.read("trace")
        assert rows["step"][0] >= step
        assert np.isfinite(rows["trace"]).all()
        events = [event.what for event in run.events() if isinstance(event.what, TrackingChanged)]
        train = run.read("train")["step"]
        np.testing.assert_array_equal(train, np.arange(len(train)))
    assert [(event.instrument, event.measures) for event in events] == [("trace", True), ("trace", False)]
    for arguments, words in [
        (["track", "hessian"], "hessian is measured always, unasked"),
        (["track", "tracked"], "tracked is measured already"),
        (["track", "trac"], "there is no instrument 'trac' (did you mean"),
        (["track", "batch-sharpness"], "batch-sharpness"),
        (["untrack", "trace"], "trace is not measured"),
    ]:
        done = shared("control", "demo", *arguments)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
        assert words in done.stderr


def test_what_cannot_be_done_is_said_in_one_line(shared: Eostui) -> None:
    for arguments, words in [
        (["step"], "pause first"),
        (["lr", "-3"], "not a step size"),
        (["lr"], "takes a step size"),
        (["note"], "takes a text"),
        (["note", "\x1b\n"], "says something"),
        (["note", "ä" * 90], "at most 480 characters, this one has 90; a letter beyond ASCII counts for six"),
        (["pause", "7"], "`pause` takes no value, and '7' is one"),
    ]:
        done = shared("control", "demo", *(["--"] if "-3" in arguments else []), *arguments)
        assert done.returncode == 2
        assert words in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_killed_trainer_leaves_a_run_that_reads_and_is_known_to_have_died(running: Eostui) -> None:
    (pid,) = running.trainers()
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.5)
    with running.open("demo") as run:
        assert run.status() is Status.RUNNING
        steps = run.read("train")["step"]
        np.testing.assert_array_equal(steps, np.arange(len(steps)))
    assert "died" in running("ls").stdout
    exported = running("export", "demo", "--format", "csv")
    assert len(exported.stdout.splitlines()) == len(steps) + 1
    done = running("control", "demo", "pause")
    assert done.returncode == 2
    assert "no trainer is running" in done.stderr


def test_a_terminated_trainer_stops_cleanly_with_a_checkpoint(running: Eostui) -> None:
    (pid,) = running.trainers()
    os.kill(pid, signal.SIGTERM)
    running.wait_for(lambda run: run.status() is Status.STOPPED, "demo")
    (path,) = (running.directory / "runs/demo/checkpoints").iterdir()
    with running.open("demo") as run:
        assert path.name in [event.detail.get("file") for event in run.events() if event.kind == "checkpoint"]


def test_a_headless_run_whose_trainer_is_killed_ends_with_what_the_log_says(eostui: Eostui) -> None:
    (eostui.directory / "dies.py").write_text(
        "import os, sys\n"
        "from torch import nn\n"
        "def model():\n"
        "    print('the last words', file=sys.stderr, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
        "    return nn.Linear(64, 10)\n"
    )
    done = eostui("run", "--headless", "--arch", "dies.py:model", "--data", "digits-60", "--lr", "0.1", "--steps", "2")
    assert done.returncode == 1
    assert "ended by signal 9 (SIGKILL), as the system does where memory runs out" in done.stderr
    assert "the last words" in done.stderr
