"""What `eostui compare` refuses before it opens anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from eostui.cli import main
from tests.reading.runs import descent


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        (["a"], "one run, 'a'; give two or more"),
        (["a", "nope"], "no run 'nope'"),
        (["a", "b", "runs/a"], "'a' is named twice; give each run once"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(
    runs: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in "ab":
        (tmp_path / "runs" / name).mkdir(parents=True)
        descent().write(tmp_path / "runs" / name / "run.h5")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["eostui", "compare", *runs])
    assert main() == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
