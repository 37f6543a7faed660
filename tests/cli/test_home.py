"""`~` means the home directory in every path that the shell has left as it is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from eostui.cli import main
from eostui.store import EVENTS, TRAIN, RunWriter


@pytest.mark.parametrize("by", ["option", "environment", "argument"])
@pytest.mark.parametrize(
    ("command", "output"), [("export", "table.csv"), ("plot", "figure.svg"), ("ls", None), ("info", None)]
)
def test_a_tilde_is_the_home_directory(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    output: str | None,
    by: str,
) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    (home / "kept" / "only").mkdir(parents=True)
    elsewhere.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("EOSTUI_RUNS", raising=False)
    monkeypatch.chdir(elsewhere)
    with RunWriter.create(
        home / "kept" / "only" / "run.h5", name="only", config={}, environment={}, tables=[TRAIN, EVENTS]
    ) as run:
        run.append(TRAIN.row({"step": 0, "loss": 1.0}))
    arguments = [] if output is None else [f"--output=~/made/{output}"]
    if by == "argument" and command != "ls":
        arguments.append("~/kept/only")
    elif by == "environment":
        monkeypatch.setenv("EOSTUI_RUNS", "~/kept")
    else:
        arguments.append("--runs-dir=~/kept")
    (home / "made").mkdir()
    monkeypatch.setattr(sys, "argv", ["eostui", command, *arguments])
    code = main()
    said = capsys.readouterr()
    assert code == 0, said.err
    if output is None:
        assert "only" in said.out
    else:
        assert (home / "made" / output).stat().st_size > 0
    assert list(elsewhere.iterdir()) == []
