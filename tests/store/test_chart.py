"""What a table says of its charts arrives as it was said, from the file and over the pipe, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import pytest

from eostui.store import STEP, Chart, Column, DensityChart, Line, LineChart, PhaseChart, RunFile, RunWriter, Table
from eostui.store.chart import chart_from_json, chart_to_json

LINES = LineChart("my-chart", "Mine", "λ of mine", (Line("x", "λ", ink="third", brief="l", sparse=True),), log=True)
DENSITY = DensityChart("density", "Density", "all of them", "nodes", "weights", compared_with="hessian")
PHASE = PhaseChart("path", "Path", "from here to there", "x", "y", "horizontal", "vertical", backdrop="bifurcation")


def _table(*charts: Chart) -> Table:
    return Table("mine", "", (STEP, Column("x", "")), charts)


@pytest.mark.parametrize("table", [_table(), _table(LINES), _table(LINES, DENSITY, PHASE), Table("mine", "", (STEP,))])
def test_the_file_and_the_pipe_bring_it_whole(tmp_path: Path, table: Table) -> None:
    RunWriter.create(tmp_path / "run.h5", name="a", config={}, environment={}, tables=[table]).close()
    with RunFile.open(tmp_path / "run.h5") as file:
        assert file.tables["mine"] == table
    assert Table.from_json(json.loads(json.dumps(table.to_json()))) == table


@pytest.mark.parametrize(
    "said", ["no JSON", "3", "[3]", '[{"kind": "pie", "name": "a"}]', '[{"kind": "lines", "name": "A b", "lines": []}]']
)
def test_a_file_that_says_something_strange_is_read_as_one_that_says_nothing(tmp_path: Path, said: str) -> None:
    RunWriter.create(tmp_path / "run.h5", name="a", config={}, environment={}, tables=[_table(LINES)]).close()
    with h5py.File(tmp_path / "run.h5", "r+") as raw:
        raw["tables/mine"].attrs["charts"] = said
    with RunFile.open(tmp_path / "run.h5") as file:
        assert file.tables["mine"] == Table("mine", "", (STEP, Column("x", "")))


def test_what_a_later_version_adds_is_left_out() -> None:
    said = chart_to_json(LINES)
    said["lines"][0]["width"] = 3
    assert chart_from_json({**said, "unit": "1/s"}) == LINES


@pytest.mark.parametrize(
    "change", [{"log": 1}, {"title": None}, {"lines": {}}, {"lines": [{"column": "x"}]}, {"lines": []}]
)
def test_what_is_no_chart_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="chart"):
        chart_from_json(chart_to_json(LINES) | change)
