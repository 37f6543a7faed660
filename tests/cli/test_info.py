"""`eostui info` speaks in words: no Python, no noise in the last digits."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from eostui.cli import main
from eostui.cli.info import value_in_words
from tests.reading.runs import instrumented


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "–"),
        ("", "–"),
        ([], "–"),
        ({}, "–"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (700, "700"),
        (0.001, "0.001"),
        (1 / 6, "0.1666666667"),
        ("fc-tanh", "fc-tanh"),
        (["gauss-newton"], "gauss-newton"),
        (["gauss-newton", "trace"], "gauss-newton, trace"),
        ({"lr": 2 / 12, "previous": None, "of": [1, True]}, "lr 2/12, previous –, of 1, yes"),
    ],
)
def test_a_value_is_in_words(value: object, words: str) -> None:
    assert value_in_words(value) == words


def test_a_run_is_told_without_any_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = {"lr": 2 / 12, "steps": None, "track": ["gauss-newton"], "compile": False}
    change = (50, "lr", {"lr": 0.1, "previous": 2 / 12, "threshold": 20.0})
    note = (70, "products", {"text": "searched in float32", "table": "hessian"})
    (tmp_path / "demo").mkdir()
    run = dataclasses.replace(instrumented(), config=config, events=(change, (60, "pause", {}), note))
    run.write(tmp_path / "demo" / "run.h5")
    monkeypatch.setattr("sys.argv", ["eostui", "info", "demo", "--runs-dir", str(tmp_path)])
    assert main() == 0
    told = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in told.splitlines()]
    for line in (
        "lr 2/12",
        "steps –",
        "track gauss-newton",
        "compile no",
        "0 step 50 lr lr 0.1, previous 2/12, threshold 20",
        "1 step 60 pause",
        "2 step 70 products searched in float32, table hessian",
    ):
        assert line in lines
    assert "40 of 400 values certified, 360 tracked" in told
    assert not any(python in told for python in ("None", "False", "[", "{", "0.1666"))
