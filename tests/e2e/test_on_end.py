"""What a user has done at the end of a run."""

from __future__ import annotations

import time
from pathlib import Path

from eostui.store import Status
from tests.e2e.conftest import SMALL, Eostui

SHORT = ["run", "--headless", "--name", "demo", "--track", "none", *SMALL]
TELL = 'echo "$EOSTUI_RUN $EOSTUI_STATUS $EOSTUI_STEP $EOSTUI_REASON"'


def _wait_for(path: Path, word: str) -> str:
    deadline = time.monotonic() + 30
    while not (path.exists() and word in path.read_text()):
        assert time.monotonic() < deadline, path.read_text() if path.exists() else path
        time.sleep(0.05)
    return path.read_text()


def test_a_command_at_the_end_is_told_which_run_has_ended_and_how(eostui: Eostui) -> None:
    done = eostui(*SHORT, "--steps", "3", "--on-end", f"{TELL} > told; sleep 60")
    assert done.returncode == 0, done.stderr  # without a wait for the command
    told = _wait_for(eostui.directory / "told", "\n")
    assert told == f"{eostui.directory / 'runs/demo'} finished 2 finished\n"
    eostui.wait_for_no_trainer()


def test_a_command_that_fails_is_in_the_log_and_changes_nothing_about_the_run(eostui: Eostui) -> None:
    done = eostui(*SHORT, "--lr", "1e9", "--on-end", f"{TELL}; exit 3")
    assert done.returncode == 1
    with eostui.open("demo") as run:
        assert run.status() is Status.DIVERGED
    log = _wait_for(eostui.directory / "runs/demo/trainer.log", "exit code 3")
    assert "diverged" in log
    assert "eostui: --on-end ended with exit code 3" in log
