"""A run gets a table more while it is written and read."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from eostui.store import STEP, TRAIN, Column, RunFile, RunWriter, Status, StoreError, Table
from tests.store.conftest import HESSIAN, TABLES

LATE = Table("late", "a number that somebody wants to know later", (STEP, Column("value", "the number", width=2)))

WRITER = """
import sys
from pathlib import Path
from eostui.store import TRAIN, RunWriter, Status
from tests.store.conftest import TABLES
from tests.store.test_added_table import LATE

with RunWriter.create(Path(sys.argv[1]), name="w", config={"seed": 3}, environment={}, tables=TABLES) as run:
    for step in range(4000):
        if step == 2000:
            print("half", flush=True)
            input()
            run.add_table(LATE)
        run.append(TRAIN.row({"step": step, "loss": step / 3}))
        if step >= 2000:
            run.append(LATE.row({"step": step, "value": [step, -step]}))
    run.set_status(Status.FINISHED)
"""


def test_who_reads_a_run_sees_all_rows_of_before_and_after_a_table_was_added(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    assert writer.stdin is not None
    writer.stdout.readline()
    with RunFile.open(path) as run:
        assert "late" not in run.tables
        before = run.length("train")
        writer.stdin.write("\n")
        writer.stdin.close()
        deadline = time.monotonic() + 30
        while run.status() is not Status.FINISHED:
            assert time.monotonic() < deadline
            run.refresh()
            assert run.length("train") >= before
        np.testing.assert_array_equal(run.read("train")["step"], np.arange(4000))
        np.testing.assert_array_equal(run.read("train")["loss"], np.arange(4000) / 3)
        late = run.read("late")
        np.testing.assert_array_equal(late["step"], np.arange(2000, 4000))
        np.testing.assert_array_equal(late["value"][:, 1], -np.arange(2000.0, 4000.0))
        assert (run.config, run.tables["late"], run.length("hessian")) == ({"seed": 3}, LATE, 0)
    assert writer.wait() == 0
    assert list(tmp_path.iterdir()) == [path]


def test_tables_can_be_added_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    later = [Table(f"late_{number}", LATE.description, LATE.columns) for number in range(3)]
    with RunWriter.create(path, name="w", config={}, environment={}, tables=TABLES) as run:
        for number, table in enumerate(later):
            run.append(TRAIN.row({"step": number, "loss": number / 3}))
            run.add_table(table)
            run.append(table.row({"step": number, "value": [number, -number]}))
        run.set_status(Status.FINISHED)
    with RunFile.open(path) as file:
        assert file.status() is Status.FINISHED
        assert list(file.tables) == [table.name for table in (*TABLES, *later)]
        assert file.read("train")["loss"].tolist() == [0, 1 / 3, 2 / 3]
        assert [file.read(table.name)["value"].tolist() for table in later] == [[[0, 0]], [[1, -1]], [[2, -2]]]


def test_a_run_of_another_start_that_took_the_name_is_not_mistaken_for_it(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with RunWriter.create(path, name="one", config={}, environment={}, tables=TABLES) as run:
        run.append(TRAIN.row({"step": 0}))
    with RunFile.open(path) as file:
        path.unlink()
        RunWriter.create(path, name="two", config={}, environment={}, tables=TABLES).close()
        file.refresh()
        assert (file.name, file.length("train")) == ("one", 1)


def test_a_table_that_is_there_is_not_added_again(tmp_path: Path) -> None:
    with RunWriter.create(tmp_path / "run.h5", name="w", config={}, environment={}, tables=TABLES) as run:
        run.append(TRAIN.row({"step": 0}))
        run.add_table(HESSIAN)
        with pytest.raises(ValueError, match="another table hessian"):
            run.add_table(Table("hessian", "of another width", (STEP,)))
        assert run.append(TRAIN.row({"step": 1})) == 1


def test_a_table_that_there_is_no_room_for_leaves_the_run_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "run.h5"
    with RunWriter.create(path, name="w", config={}, environment={}, tables=TABLES) as run:
        run.append(TRAIN.row({"step": 0}))
        with monkeypatch.context() as patch:
            patch.setattr("eostui.store.writer._publish", full)
            with pytest.raises(StoreError, match="free space on that disk"):
                run.add_table(LATE)
        run.append(TRAIN.row({"step": 1}))
        run.add_table(LATE)
        run.append(LATE.row({"step": 2, "value": [1, 2]}))
    with RunFile.open(path) as file:
        assert file.read("train")["step"].tolist() == [0, 1]
        assert file.read("late")["value"].tolist() == [[1.0, 2.0]]
    assert list(tmp_path.iterdir()) == [path]
