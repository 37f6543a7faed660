"""What is written is what is read."""

from __future__ import annotations

import json
import math
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

import eostui
from eostui.store import (
    EVENTS,
    STEP,
    TEST,
    TRAIN,
    Event,
    RunExists,
    RunFile,
    RunWriter,
    Status,
    StoreError,
    Table,
)
from tests.store.conftest import CONFIG, ENVIRONMENT, HESSIAN, STEPS, TABLES, loss_at, write_run


def create(path: Path) -> RunWriter:
    return RunWriter.create(path, name="tanh", config=CONFIG, environment=ENVIRONMENT, tables=TABLES)


def test_a_run_reads_back_as_it_was_written(run_path: Path) -> None:
    with RunFile.open(run_path) as run:
        assert (run.path, run.name, run.eostui_version) == (run_path, "tanh", eostui.__version__)
        assert timedelta(0) <= datetime.now(UTC) - run.created < timedelta(minutes=1)
        assert run.config == CONFIG
        assert run.environment == ENVIRONMENT
        assert run.tables == {table.name: table for table in TABLES}
        assert list(run.tables) == [table.name for table in TABLES]
        assert run.status() is Status.FINISHED
        assert run.length("train") == STEPS
        assert run.length("test") == 0

        train = run.read("train")
        assert list(train) == [column.name for column in TRAIN.columns]
        np.testing.assert_array_equal(train["step"], np.arange(STEPS))
        np.testing.assert_array_equal(train["loss"], [loss_at(step) for step in range(STEPS)])
        assert np.isnan(train["grad_norm"]).all()

        hessian = run.read("hessian")
        assert hessian["eigenvalues"].shape == (25, 3)
        np.testing.assert_array_equal(hessian["eigenvalues"][3], np.array([3.0, 2.0, 1.0]) + 100)
        assert np.isnan(hessian["residuals"]).all()
        assert run.events() == [Event(5, 0.25, "lr", {"from": 0.01, "to": 0.02, "by": 'a "user", with a comma'})]


def test_a_part_of_a_table_is_read_as_a_slice(run_path: Path) -> None:
    with RunFile.open(run_path) as run:
        assert list(run.read("train", ["loss"], 10, 12)) == ["loss"]
        assert run.read("train", ["step"], 2000, 2003)["step"].tolist() == [2000, 2001, 2002]
        assert run.read("train", ["step"], STEPS - 2, STEPS + 50)["step"].tolist() == [STEPS - 2, STEPS - 1]
        assert run.read("train", ["step"], -1)["step"].tolist() == [STEPS - 1]
        assert run.read("train", ["step"], 9, 3)["step"].size == 0


def test_the_file_is_what_the_contract_says(run_path: Path) -> None:
    with h5py.File(run_path, "r", swmr=True) as file:
        assert file.attrs["format"] == "eostui-run"
        assert file.attrs["format_version"] == 1
        assert datetime.fromisoformat(file.attrs["created"]).utcoffset() == timedelta(0)
        assert json.loads(file.attrs["config"]) == CONFIG
        assert json.loads(file.attrs["environment"]) == ENVIRONMENT
        assert file["status"][()] == b"finished"
        assert file["status"].dtype.kind == "S"
        for name, table in file["tables"].items():
            assert next(iter(table)) == "step"
            assert table["step"].dtype == np.int64
            assert len({len(column) for column in table.values()}) == 1, name
            for column in table.values():
                assert column.chunks is not None
                assert column.maxshape[0] is None
                assert column.attrs["description"]
                assert "unit" in column.attrs


def test_a_table_reads_straight_into_a_data_frame(run_path: Path) -> None:
    with h5py.File(run_path, "r", swmr=True) as file:
        train = pd.DataFrame({name: column[:] for name, column in file["tables/train"].items()})
    assert list(train.columns) == [column.name for column in TRAIN.columns]
    assert train.loss[100] == loss_at(100)
    assert np.isnan(train.loss[7])


def test_append_counts_the_rows_of_each_table(tmp_path: Path) -> None:
    with create(tmp_path / "run.h5") as run:
        assert [run.append(TRAIN.row({"step": step})) for step in range(3)] == [0, 1, 2]
        assert run.append(TEST.row({"step": 0})) == 0
        assert run.append(Event(0, 0.0, "pause", {}).row()) == 0


@pytest.mark.parametrize(
    "table",
    [Table("nowhere", "", (STEP,)), TRAIN.without("accuracy"), Table("train", "the same but for its columns", (STEP,))],
    ids=["an unknown name", "without a column", "other columns"],
)
def test_a_row_of_a_table_that_the_run_has_not_is_refused_and_not_written(tmp_path: Path, table: Table) -> None:
    path = tmp_path / "run.h5"
    with create(path) as run, pytest.raises(ValueError, match="no table 'nowhere'|other columns than the run's"):
        run.append(table.row({"step": 0}))
    with RunFile.open(path) as read:
        assert all(read.length(name) == 0 for name in read.tables)


def test_a_run_gives_its_tables_by_name(tmp_path: Path) -> None:
    with create(tmp_path / "run.h5") as run:
        assert [run.table(table.name) for table in TABLES] == TABLES
        with pytest.raises(ValueError, match="no table 'nowhere': its tables are train, test, events, hessian"):
            run.table("nowhere")


def test_a_row_may_be_reused_by_the_caller(tmp_path: Path) -> None:
    path, values = tmp_path / "run.h5", np.zeros(3)
    with create(path) as run:
        for step in range(4):
            values[:] = step
            run.append(HESSIAN.row({"step": step, "eigenvalues": values, "products": 1, "certified": 1}))
    with RunFile.open(path) as read:
        assert read.read("hessian", ["eigenvalues"])["eigenvalues"][:, 0].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "detail",
    [
        {"error": "é" * 2000, "file": "model.py"},
        {"a": "x" * 300, "b": "y" * 300, "c": 1},
        {"numbers": list(range(1000)), "kept": "yes"},
        {f"key {i}": i for i in range(200)},
        {"k" * 600: "v"},
    ],
)
def test_a_long_detail_is_shortened_and_stays_json(tmp_path: Path, detail: dict[str, object]) -> None:
    path = tmp_path / "run.h5"
    with create(path) as run:
        run.append(Event(1, 2.0, "error", detail).row())
    with h5py.File(path, "r", swmr=True) as file:
        stored = file["tables/events/detail"][0]
        assert len(stored) <= 512
        kept = json.loads(stored)
    assert set(kept) <= set(detail)
    for key, value in kept.items():
        if isinstance(value, str):
            assert str(detail[key]).startswith(value.removesuffix("…"))
        else:
            assert value in (None, detail[key])


def test_numbers_that_json_has_not_become_null_in_a_detail(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with create(path) as run:
        detail = {"loss": math.nan, "norms": [math.inf, np.float32(0.5)], "n": np.int64(3)}
        run.append(Event(1, 2.0, "diverged", detail).row())
    with RunFile.open(path) as read:
        assert read.events()[0].detail == {"loss": None, "norms": [None, 0.5], "n": 3}


def test_an_existing_file_is_never_overwritten(run_path: Path) -> None:
    before = run_path.read_bytes()
    with pytest.raises(RunExists, match="never overwritten"):
        create(run_path)
    assert run_path.read_bytes() == before


def test_a_file_that_cannot_be_created_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file or directory; create its directory first"):
        create(tmp_path / "absent" / "run.h5")
    with pytest.raises(ValueError, match="JSON"):
        RunWriter.create(tmp_path / "run.h5", name="x", config={"lr": math.nan}, environment={}, tables=TABLES)
    with pytest.raises(ValueError, match="twice"):
        RunWriter.create(tmp_path / "run.h5", name="x", config={}, environment={}, tables=[TRAIN, TRAIN])
    with pytest.raises(ValueError, match=r"(?i)null"):
        RunWriter.create(tmp_path / "run.h5", name="a\0b", config={}, environment={}, tables=TABLES)
    assert list(tmp_path.iterdir()) == []


def test_a_closed_run_says_so(tmp_path: Path) -> None:
    run = create(tmp_path / "run.h5")
    run.close()
    run.close()
    with pytest.raises(StoreError, match="is closed"):
        run.append(TRAIN.row({"step": 0}))
    with pytest.raises(StoreError, match="is closed"):
        run.set_status(Status.RUNNING)


def test_a_short_run_is_small_and_keeps_no_spare_room(tmp_path: Path) -> None:
    assert write_run(tmp_path / "run.h5", steps=300).stat().st_size < 200_000


def test_text_from_a_file_comes_without_control_characters(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with RunWriter.create(
        path, name="a\x1b]0;owned\x07b" + "c" * 500, config={"k\x9b": ["\x1b[2J\u202e"]}, environment={}, tables=TABLES
    ) as run:
        run.append(EVENTS.row({"step": 0, "kind": b"\x1b[31mred", "detail": '{"m": "\\u001b[1m\\n"}'}))
    with RunFile.open(path) as read:
        assert read.name.startswith("a ]0;owned b")
        assert len(read.name) == 100
        assert read.config == {"k": ["[2J"]}
        assert read.events()[0].kind == "[31mred"
        assert read.events()[0].detail == {"m": "[1m"}


def test_appended_rows_reach_the_disk_without_a_flush(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with create(path) as run:
        run.append(TRAIN.row({"step": 0}))
        before = path.stat().st_size
        deadline = time.monotonic() + 5
        while path.stat().st_size == before and time.monotonic() < deadline:
            time.sleep(0.02)
        assert path.stat().st_size > before


def test_an_unknown_table_or_column_is_named_with_what_is_there(run_path: Path) -> None:
    with RunFile.open(run_path) as run:
        with pytest.raises(StoreError, match="no table 'nope'; its tables: train, test, events, hessian"):
            run.read("nope")
        with pytest.raises(StoreError, match="no column 'nope', only step, time, lr"):
            run.read("train", ["nope"])
        assert EVENTS.name in run.tables
