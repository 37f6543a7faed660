"""`eostui ls` names every run whole, in a terminal and to a program."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eostui.cli import main
from eostui.cli.ls import HEADINGS, as_tree, lay_out_runs
from eostui.cli.terminal import forget_stale_size
from tests.reading.runs import Run, adaptive, instrumented, train

NAME = "vision-transformer-cifar10-5k-cross-entropy-rmsprop-lr0.00005-seed7"
ROWS = [
    (NAME, "running", "123456", "2.301", "8.137e+21", "4e+04", "2026-03-05 17:20"),
    ("short", "finished", "7", "0.5", "–", "12", "2026-03-04 09:00"),
    ("torn", "unreadable: runs/torn/run.h5: is cut short; copy it again from where it was written, or remove it"),
]


def test_a_program_gets_a_line_a_run_however_long() -> None:
    lines = list(lay_out_runs(ROWS, None))
    assert [line.split()[0] for line in lines] == ["name", NAME, "short", "torn"]
    assert lines[1].split() == " ".join(ROWS[0]).split()
    assert lines[3].endswith(ROWS[2][1])
    assert lines[1].index("running") == lines[2].index("finished") == lines[3].index("unreadable")
    assert len(lines[1]) < 170  # what cannot be read takes no room from what can


@pytest.mark.parametrize("width", [70, 80])
def test_in_a_terminal_a_long_name_has_a_line_to_itself(width: int) -> None:
    lines = list(lay_out_runs(ROWS[:2], width))
    assert max(map(len, lines)) <= width
    assert NAME in lines
    assert [line for line in lines if not line.startswith(" ")] == [HEADINGS[0], NAME, "short"]
    assert " ".join(" ".join(lines).split()) == " ".join(" ".join([*HEADINGS, *ROWS[0], *ROWS[1]]).split())


def test_at_eighty_columns_a_usual_name_is_whole_and_other_columns_give_way() -> None:
    name = "fc-tanh-digits-mse-gd-lr0.166667"
    rows = [(name, "running", "12345", "0.01234", "12.49", "12", "2026-03-05 17:20")]
    heading, line = lay_out_runs(rows, 80)
    assert heading.split() == ["name", "state", "step", "loss", "sharpness", "threshold"]
    assert line.split() == [name, "running", "12345", "0.01234", "12.49", "12"]
    heading, line = lay_out_runs(rows, 72)
    assert heading.split() == ["name", "state", "step", "sharpness", "threshold"]
    assert line.split() == [name, "running", "12345", "12.49", "12"]


def test_where_there_is_room_a_run_has_one_line() -> None:
    assert len(list(lay_out_runs(ROWS[:2], 160))) == 3
    assert len(list(lay_out_runs(ROWS[1:2], 80))) == 2


def test_a_size_in_the_environment_is_kept_where_no_terminal_says_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "33")
    with (tmp_path / "out").open("w") as file:
        monkeypatch.setattr("sys.stdout", file)
        forget_stale_size()
    assert os.environ["COLUMNS"] == "33"


def _listed(runs: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What `eostui ls` prints of a run, from its step on."""
    (runs / "demo").mkdir()
    run.write(runs / "demo" / "run.h5")
    monkeypatch.setattr("sys.argv", ["eostui", "ls", "--runs-dir", str(runs)])
    assert main() == 0
    return capsys.readouterr().out.splitlines()[1].split()[2:-2]


def test_the_sharpness_listed_is_the_one_that_the_threshold_is_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _listed(tmp_path, adaptive(), monkeypatch, capsys) == ["399", "0.3688", "3800", "(P⁻¹H)", "3800"]


def test_a_program_gets_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, run in (("demo", instrumented()), ("none", Run({}, train(np.full(20, np.nan))))):
        (tmp_path / name).mkdir()
        run.write(tmp_path / name / "run.h5")
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "run.h5").write_bytes(b"no HDF5")
    monkeypatch.setattr("sys.argv", ["eostui", "ls", "--json", "--runs-dir", str(tmp_path)])
    assert main() == 0
    runs = {Path(run["path"]).parent.name: run for run in json.loads(capsys.readouterr().out)}
    assert set(runs) == {"demo", "none", "torn"}
    demo = runs["demo"]
    assert (demo["state"], demo["step"], demo["threshold"], demo["threshold_is"]) == ("finished", 399, 40.0, "2/η")
    assert (demo["sharpness_step"], demo["certified"], demo["doubtful"]) == (399, False, False)
    assert (runs["none"]["sharpness"], runs["none"]["threshold"]) == (None, None)
    assert "error" in runs["torn"]


def test_without_a_run_a_program_gets_an_empty_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["eostui", "ls", "--json", "--runs-dir", str(tmp_path)])
    assert main() == 0
    assert json.loads(capsys.readouterr().out) == []


def test_the_sharpness_listed_is_the_tracked_one_where_that_is_newer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = instrumented()
    tracked = next(columns["sharpness"] for table, columns in run.rows.items() if table.name == "tracked")
    assert _listed(tmp_path, run, monkeypatch, capsys)[2:] == [f"{tracked[-1]:.4g}", "40"]


def test_a_run_without_eigenvalues_is_listed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _listed(tmp_path, Run({}, train(np.full(20, 10.0))), monkeypatch, capsys) == ["19", "0.3867", "–", "10"]


def test_before_there_is_a_preconditioner_nothing_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = adaptive()
    first = {t: {name: column[:1] for name, column in columns.items()} for t, columns in run.rows.items()}
    started = dataclasses.replace(run, rows=first)
    assert _listed(tmp_path, started, monkeypatch, capsys) == ["0", "1", "–", "3800"]


def _run(name: str, created: str, parent: str | None = None) -> dict[str, Any]:
    return {"name": name, "created": created, "parent": parent and {"name": "x", "created": parent, "step": 5}}


def test_runs_that_branched_off_stand_below_their_parents() -> None:
    runs: list[dict[str, Any]] = [
        _run("grandchild", "5", "3"),
        {"name": "starting", "state": "starting"},
        _run("orphan", "4", "gone"),
        _run("child", "3", "1"),
        _run("other", "2"),
        _run("root", "1"),
    ]
    tree = [(run["name"], depth) for run, depth in as_tree(runs)]
    assert tree == [("starting", 0), ("orphan", 0), ("other", 0), ("root", 0), ("child", 1), ("grandchild", 2)]


def test_parents_in_a_circle_hide_no_run() -> None:
    runs = [_run("a", "1", "2"), _run("b", "2", "1"), _run("own", "3", "3")]
    assert sorted(str(run["name"]) for run, _ in as_tree(runs)) == ["a", "b", "own"]
