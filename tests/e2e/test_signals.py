"""Every signal that a scheduler, a service manager, a terminal or a person sends, at trainer and front end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from eostui.store import By, RunFile, Status
from eostui.store.events import Resumed, Signalled
from tests.e2e.conftest import SMALL, Eostui
from tests.e2e.test_terminal import Terminal

pytestmark = pytest.mark.alone

QUICK = ("--data", "digits-80", "--arch", "fc-tanh", "--width", "8", "--lr", "0.2", "--eigs", "1", "--eig-every", "50")
RUN = ("run", "--name", "demo", "--device", "cpu", "--threads", "1", *QUICK)
TERM_IN_FRONT = "SIGTERM at the front end: stops"
EXAMPLES = Path(__file__).parents[2] / "examples" / "cluster"


def _signals(run: RunFile) -> list[str]:
    return [event.what.signal for event in run.events() if isinstance(event.what, Signalled)]


def _resumed(run: RunFile) -> list[int]:
    return [event.step for event in run.events() if isinstance(event.what, Resumed)]


def _checkpoints(eostui: Eostui) -> list[str]:
    return sorted(path.name for path in (eostui.directory / "runs/demo/checkpoints").glob("step-*.pt"))


def test_a_detached_run_lives_through_signals_and_ends_by_one_with_a_checkpoint(eostui: Eostui) -> None:
    started = eostui(*RUN, "--detach")
    assert started.returncode == 0, started.stderr
    assert "eostui attach runs/demo" in started.stdout
    (trainer,) = eostui.trainers()
    for number in (signal.SIGHUP, signal.SIGUSR2, signal.SIGQUIT):
        os.kill(trainer, number)
    eostui.wait_for(lambda run: set(_signals(run)) == {"SIGHUP", "SIGUSR2"}, "demo")
    assert "most recent call first" in (eostui.directory / "runs/demo/trainer.log").read_text()
    os.kill(trainer, signal.SIGUSR1)
    eostui.wait_for(lambda run: any(event.kind == "checkpoint" for event in run.events()), "demo")
    assert eostui.trainers() == [trainer]
    os.kill(trainer, signal.SIGTERM)
    eostui.wait_for_no_trainer()
    with eostui.open("demo") as run:
        assert run.status() is Status.STOPPED
        assert _signals(run)[-2:] == ["SIGUSR1", "SIGTERM"]
        made = run.length("train")  # a stop may come between a row and its update
        assert _checkpoints(eostui)[-1] in (f"step-{made - 1:08d}.pt", f"step-{made:08d}.pt")


def test_a_start_that_fails_is_told_by_detach(eostui: Eostui) -> None:
    failed = eostui(*RUN, "--detach", "--data-dir", "nowhere", "--data", "mnist")
    assert failed.returncode == 2
    assert failed.stderr.startswith("eostui: ")


def test_resume_and_fork_detach_from_a_run_that_has_gone_on(eostui: Eostui) -> None:
    first = eostui(*RUN, "--headless", "--steps", "5")
    assert first.returncode == 0, first.stderr
    for command, name, rows in (
        (("resume", "demo", "--steps", "1000000"), "demo", 5),
        (("fork", "demo", "--at", "3", "--name", "branch", "--steps", "1000000"), "branch", 3),
    ):
        gone = eostui(*command, "--detach")
        assert gone.returncode == 0, gone.stderr
        assert "is still training; watch it" in gone.stdout
        with eostui.open(name) as run:
            assert run.length("train") > rows
        for trainer in eostui.trainers():
            os.kill(trainer, signal.SIGKILL)
        eostui.wait_for_no_trainer()


def test_signals_at_the_front_end_save_leave_or_stop(eostui: Eostui) -> None:
    viewer = eostui.start(*RUN, "--headless")
    eostui.wait_for(lambda run: run.length("train") > 3, "demo")
    viewer.send_signal(signal.SIGUSR2)
    viewer.send_signal(signal.SIGUSR1)
    eostui.wait_for(lambda run: "SIGUSR1" in _signals(run), "demo")
    eostui.wait_for(lambda run: any(event.kind == "checkpoint" for event in run.events()), "demo")
    viewer.send_signal(signal.SIGQUIT)
    _, stderr = viewer.communicate(timeout=30)
    assert viewer.returncode == 128 + signal.SIGQUIT
    assert "still training" in stderr
    (trainer,) = eostui.trainers()
    os.kill(trainer, signal.SIGINT)
    eostui.wait_for_no_trainer()
    with eostui.open("demo") as run:
        assert run.status() is Status.STOPPED
        assert _signals(run)[-1] == "SIGINT"
        made = run.length("train")
    assert _checkpoints(eostui)[-1] in (f"step-{made - 1:08d}.pt", f"step-{made:08d}.pt")

    viewer = eostui.start("resume", "demo", "--headless")
    eostui.wait_for(lambda run: run.length("train") > made, "demo")
    viewer.send_signal(signal.SIGHUP)
    _, stderr = viewer.communicate(timeout=30)
    assert viewer.returncode == 128 + signal.SIGHUP
    assert "still training" in stderr
    os.kill(eostui.trainers()[0], signal.SIGTERM)
    eostui.wait_for_no_trainer()

    viewer = eostui.start("resume", "demo", "--headless")
    eostui.wait_for(lambda run: len(_resumed(run)) == 2 and run.length("train") > _resumed(run)[-1] + 1, "demo")
    viewer.send_signal(signal.SIGTERM)
    viewer.communicate(timeout=60)
    assert viewer.returncode == 128 + signal.SIGTERM
    with eostui.open("demo") as run:
        events = run.events()
    (told,) = [event for event in events if event.what == Signalled("SIGTERM", TERM_IN_FRONT, ends=True)]
    assert (told.by, events[-1].kind, events[-1].by) == (By.SIGNAL, "stopped", By.SIGNAL)
    assert "SIGINT" in [event.what.signal for event in events if isinstance(event.what, Signalled)]
    saved = [event.by for event in events if event.kind == "checkpoint"]
    assert saved[0] is By.SIGNAL


def test_a_requeued_run_goes_on_by_the_same_command_line_and_a_finished_one_does_not(eostui: Eostui) -> None:
    assert eostui("run", "--requeue").returncode == 2  # without a name
    again = (*RUN, "--headless", "--requeue")
    first = eostui.start(*again)
    eostui.wait_for(lambda run: run.length("train") > 3, "demo")
    first.send_signal(signal.SIGUSR1)
    first.communicate(timeout=60)
    assert first.returncode == 128 + signal.SIGUSR1
    with eostui.open("demo") as run:
        made = run.length("train")
        assert run.status() is Status.STOPPED
    second = eostui.start(*again)
    eostui.wait_for(lambda run: run.length("train") > made, "demo")
    second.send_signal(signal.SIGTERM)
    second.communicate(timeout=60)
    assert second.returncode == 128 + signal.SIGTERM
    third = eostui.start(*again)
    eostui.wait_for(lambda run: sum(isinstance(event.what, Resumed) for event in run.events()) == 2, "demo")
    assert eostui("control", "demo", "stop").returncode == 0
    third.communicate(timeout=60)
    assert third.returncode == 0
    over = eostui(*again)
    assert over.returncode == 0  # somebody has stopped it for good
    assert "nothing is left to do" in over.stdout


def test_ctrl_z_suspends_the_dashboard_and_term_stops_the_training(eostui: Eostui) -> None:
    terminal = Terminal(eostui, "run", "--name", "demo", "--steps", "1000000", *SMALL)
    terminal.wait_for("loss")
    eostui.wait_for(lambda run: run.length("train") > 3, "demo")
    terminal.wait_for("events")
    terminal.type("\x1a")
    terminal.wait_for(lambda _: _state_of(terminal.child.pid) == "T")
    assert terminal.is_as_before()
    with eostui.open("demo") as run:
        before = run.length("train")
    eostui.wait_for(lambda run: run.length("train") > before, "demo")
    os.kill(terminal.child.pid, signal.SIGCONT)
    terminal.wait_for(lambda _: not terminal.is_as_before())
    terminal.type("q")
    terminal.wait_for("Leave it running")  # a dialog is open
    os.kill(terminal.child.pid, signal.SIGUSR1)
    eostui.wait_for(lambda run: "SIGUSR1" in _signals(run), "demo")
    os.kill(terminal.child.pid, signal.SIGTERM)
    assert terminal.end() == 128 + signal.SIGTERM
    assert terminal.is_as_before()
    eostui.wait_for_no_trainer()
    with eostui.open("demo") as run:
        assert run.status() is Status.STOPPED
    assert _checkpoints(eostui)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_signals_while_the_dashboard_starts_are_those_of_the_dashboard(eostui: Eostui, number: signal.Signals) -> None:
    terminal = Terminal(eostui, "run", "--name", "demo", "--steps", "1000000", *SMALL)
    _wait_for(eostui.directory / "runs/demo/heartbeat.json")  # there is a trainer, and no picture yet
    os.kill(terminal.child.pid, signal.SIGUSR2)
    os.kill(terminal.child.pid, signal.SIGUSR1)
    os.kill(terminal.child.pid, number)
    assert terminal.end() == 128 + number
    assert terminal.is_as_before()
    if number == signal.SIGTERM:
        eostui.wait_for_no_trainer(timeout=60)
    else:
        eostui.wait_for(lambda run: "SIGUSR1" in _signals(run), "demo")
        assert len(eostui.trainers()) == 1


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, path
        time.sleep(0.005)


def _state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_process_1_stops_on_term_and_leaves_no_zombie(eostui: Eostui) -> None:
    alone = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], check=False, capture_output=True).returncode:
        pytest.skip("no process can be process 1 here: unshare --pid is missing or refused")
    # an orphan of the model's module ends at once, and must not stay as a zombie
    (eostui.directory / "leaving.py").write_text(
        "import subprocess, torch\n"
        "def build():\n"
        "    subprocess.run(['sh', '-c', 'sleep 0.2 &'])\n"
        "    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))\n"
    )
    own = ("--arch", "leaving.py:build", "--data", "digits-80", "--lr", "0.1", "--eigs", "1", "--eig-every", "50")
    command = eostui.command("run", "--headless", "--name", "demo", "--device", "cpu", "--threads", "1", *own)
    process = subprocess.Popen([*alone, *command], cwd=eostui.directory, env=eostui.environment)
    try:
        eostui.wait_for(lambda run: run.length("train") > 3, "demo")
        (front,) = map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split())
        children = Path(f"/proc/{front}/task/{front}/children").read_text().split()
        assert [_state_of(int(pid)) for pid in children if _state_of(int(pid)) == "Z"] == []
        assert len(children) == 1
        os.kill(front, signal.SIGTERM)
        process.wait(timeout=60)
    finally:
        process.kill()
    with eostui.open("demo") as run:
        assert run.status() is Status.STOPPED


def test_the_batch_script_requeues_itself_after_the_schedulers_signal(eostui: Eostui) -> None:
    tools = eostui.directory / "tools"
    tools.mkdir()
    for name, text in (
        ("eostui", f'exec "{sys.executable}" -m eostui "$@"'),
        ("scontrol", 'echo "$@" > asked'),
    ):
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    environment = {**eostui.environment, "PATH": f"{tools}:{os.environ['PATH']}", "SLURM_JOB_ID": "17", "RUN": "demo"}
    environment |= {"SLURM_CPUS_PER_TASK": "1"}
    job = subprocess.Popen(
        ["bash", str(EXAMPLES / "eostui.sbatch"), *QUICK, "--device", "cpu"], cwd=eostui.directory, env=environment
    )
    eostui.wait_for(lambda run: run.length("train") > 3, "demo")
    job.send_signal(signal.SIGUSR1)
    assert job.wait(timeout=60) == 0
    assert (eostui.directory / "asked").read_text() == "requeue 17\n"
    with eostui.open("demo") as run:
        assert run.status() is Status.STOPPED
    eostui.wait_for_no_trainer()


def test_the_service_is_what_systemd_takes(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here")
    unit = tmp_path / "eostui@.service"
    unit.write_text((EXAMPLES / "eostui@.service").read_text().replace("%h/.local/bin/eostui", sys.executable))
    command = ["systemd-analyze", "--user", "verify", str(unit)]
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
