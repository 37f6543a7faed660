"""Job scripts, supervisors and pipes: streams that are closed, full or in ASCII, and programs that read."""

from __future__ import annotations

import re
import shlex
import subprocess

from eostui.store import Status
from tests.e2e.conftest import SMALL, Eostui

LONG = "a-name-as-long-as-those-that-runs-are-given-where-nobody-gives-them-one-lr0.00005"


def _shell(eostui: Eostui, arguments: list[str], redirections: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["sh", "-c", f"{shlex.join(eostui.command(*arguments))} {redirections}"],
        cwd=eostui.directory,
        env={**eostui.environment, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def test_a_run_needs_none_of_its_standard_streams(eostui: Eostui) -> None:
    run = ["run", "--headless", "--steps", "2", "--track", "none", *SMALL, "--name"]
    closed = _shell(eostui, [*run, "closed"], "<&- >&- 2>&-")
    full = _shell(eostui, [*run, "full"], "<&- >/dev/full")
    assert closed.wait(90) == 0
    _, stderr = full.communicate(timeout=90)
    assert full.returncode == 0, stderr
    assert "the training goes on" in stderr
    assert len(stderr.splitlines()) == 1
    for name in ("closed", "full"):
        with eostui.open(name) as file:
            assert file.status() is Status.FINISHED


def test_an_output_without_greek_gets_what_can_be_read_and_a_pipe_whole_lines(eostui: Eostui) -> None:
    # the step size is absurd, so that the numbers are
    wild = ["--lr", "3000", "--steps", "9", "--eig-every", "1", "--name", LONG]
    narrow = {"COLUMNS": "40"}
    run = _shell(eostui, ["run", "--headless", *wild, *SMALL], "<&-", PYTHONIOENCODING="ascii", **narrow)
    stdout, stderr = run.communicate(timeout=90)
    assert run.returncode == 1, stderr
    assert "2/eta" in stdout
    assert "diverged" in stderr

    eostui.environment.update(PYTHONIOENCODING="ascii", **narrow)
    assert [line.split()[0] for line in eostui("ls").stdout.splitlines()] == ["name", LONG]
    lines = eostui("info").stdout.splitlines()
    (edge,) = (line for line in lines if line.startswith("edge "))
    assert re.search(r"sharpness / 2/eta: mean \d+\.\d+(G|e\d+) from step \d+ on", edge), edge
    assert not re.search(r"\d{10}", edge)
    assert any(re.match(r"\d+  step \d+  diverged", line) for line in lines)
    assert "theta <- theta - eta grad L(theta)" in eostui("list", "optimizers").stdout
    assert eostui("run", "--help").stdout.isascii()
    wrong = eostui("info", "η→λ₁")
    assert wrong.returncode == 2
    assert "eta->lambda_1" in wrong.stderr
    seen = _shell(eostui, ["info"], "| iconv -f latin1 -t utf-8", PYTHONIOENCODING="latin-1")
    assert "sharpness ÷ 2/eta" in seen.communicate(timeout=60)[0]
    seen = _shell(eostui, ["export"], "| head -n 1")
    stdout, stderr = seen.communicate(timeout=60)
    assert (stdout[:5], stderr) == ("step,", "")
