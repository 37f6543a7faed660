"""Every command line that an example or the README shows works as it stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from eostui.store import Status
from tests.conftest import REPOSITORY
from tests.e2e.conftest import Eostui


def _commands(text: str) -> list[str]:
    return re.findall(r"^\s*(eostui run --arch .*)$", text, re.MULTILINE)


COMMANDS = sorted(
    {command for path in (REPOSITORY / "examples").glob("*.py") for command in _commands(path.read_text())}
)


def test_the_examples_and_the_readme_show_commands() -> None:
    assert len(COMMANDS) >= 2
    assert set(_commands((REPOSITORY / "README.md").read_text())) <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_of_an_example_trains(eostui: Eostui, command: str) -> None:
    (eostui.directory / "examples").symlink_to(REPOSITORY / "examples")
    done = eostui(*shlex.split(command)[1:], "--headless", "--steps", "12")
    assert done.returncode == 0, done.stderr
    with eostui.open() as run:
        assert run.status() is Status.FINISHED
        assert run.length("train") == 12


def test_the_pandas_code_of_the_readme_reads_a_run(eostui: Eostui) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (REPOSITORY / "README.md").read_text(), re.DOTALL)
    run = REPOSITORY / "tests" / "data" / "edge.h5"
    read: dict[str, Any] = {}
    exec(code.replace("runs/NAME/run.h5", str(run)), read)
    assert len(read["train"]) == 700
    assert len(read["sharpness"]) == len(read["uncertainty"]) == 35


def test_ci_runs_what_the_readme_says() -> None:
    script = (REPOSITORY / ".ci" / "run").read_text()
    assert "README.md" in script
    readme = (REPOSITORY / "README.md").read_text()
    assert re.search(
        r"<!-- test command -->\n```sh\n.*pip install .*pytest -n 2 -m .not alone. && .*pytest -m alone\n```", readme
    )
    assert Path(REPOSITORY / "docs" / "dashboard.svg").exists()
