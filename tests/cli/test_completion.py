"""The shell completes commands, options, names and runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from eostui.link.address import listen


def _completions(line: str, directory: Path) -> list[str]:
    """What bash would be offered after a line typed so far."""
    environment = {
        **os.environ,
        "_EOSTUI_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
    }
    code = "import sys; from eostui.cli import main; sys.argv = ['eostui']; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("eostui re", ["replay", "resume"]),
        ("eostui run --arch resn", ["resnet32"]),
        ("eostui run --data dig", ["digits"]),
        ("eostui run --optimizer mo", ["momentum"]),
        ("eostui run --loss m", ["mse", "model"]),
        ("eostui run --track tra", ["tracked", "trace"]),
        ("eostui run --track gauss-newton,tra", ["gauss-newton,tracked", "gauss-newton,trace"]),
        ("eostui run --track trace,tra", ["trace,tracked"]),
        ("eostui run --dtype float6", ["float64"]),
        ("eostui run --search-dtype a", ["auto"]),
        ("eostui run --device c", ["cpu", "cuda"]),
        ("eostui run --eig-t", ["--eig-tol"]),
        ("eostui list arc", ["archs"]),
        ("eostui info fir", ["first"]),
        ("eostui attach ", ["second"]),
        ("eostui control ", ["second"]),
        ("eostui control second track tra", ["tracked", "trace"]),
    ],
)
def test_what_was_begun_is_completed(tmp_path: Path, line: str, offered: list[str]) -> None:
    for name in ("first", "second"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "run.h5").touch()
    with listen(tmp_path / "runs" / "second"):
        assert sorted(_completions(line, tmp_path)) == sorted(offered)
