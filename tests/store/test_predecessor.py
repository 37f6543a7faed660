"""A file that begins with the rows of another one: salvage after a crash, and a run that branches off."""

from __future__ import annotations

import random
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import h5py
import numpy as np
import pytest

from eostui.store import EVENTS, TRAIN, Column, Parent, Predecessor, RunFile, RunFileError, RunWriter, Status, Table
from tests.store.conftest import CONFIG, ENVIRONMENT, HESSIAN, TABLES, python, write_run
from tests.store.test_growing import WRITER, check_whole


def begin(
    path: Path, predecessor: Predecessor, tables: list[Table] | None = None, parent: Parent | None = None
) -> RunWriter:
    return RunWriter.create(
        path,
        name=path.parent.name,
        config=CONFIG,
        environment=ENVIRONMENT,
        tables=TABLES if tables is None else tables,
        predecessor=predecessor,
        parent=parent,
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_file_of_a_killed_writer_goes_on_and_opens_plainly(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "run.h5"
    writer = python(WRITER, path, 10**9)
    assert writer.stdout is not None
    writer.stdout.readline()
    time.sleep(random.Random(seed).uniform(0.0, 0.7))
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    (tmp_path / ".run.h5.4711").write_bytes(b"of a writer that was killed before its file had a name")

    with RunFile.open(path) as killed:
        rows = check_whole(killed)
        with begin(path, Predecessor(killed, {name: killed.length(name) for name in killed.tables}, {})) as run:
            assert run.rows["train"] == rows
            assert run.append(TRAIN.row({"step": rows, "loss": rows / 3})) == rows
            run.set_status(Status.FINISHED)
        created = killed.created
        killed.refresh()  # who reads the old one finds the new one under its name
        assert check_whole(killed) == rows + 1
    with h5py.File(path) as file:
        assert list(file["tables/train/step"][:]) == list(range(rows + 1))
        assert datetime.fromisoformat(file.attrs["created"]) == created
    assert [one.name for one in tmp_path.iterdir()] == ["run.h5"]


def test_rows_are_cut_and_single_ones_kept(run_path: Path) -> None:
    with RunFile.open(run_path) as file:
        predecessor = Predecessor(file, {"train": 7, "hessian": 1, EVENTS.name: 0}, {EVENTS.name: (0,)})
        assert (predecessor.count("train"), predecessor.count(EVENTS.name), predecessor.count("test")) == (7, 1, 0)
        before = file.read("train")
        events = file.events()
        begin(run_path, predecessor).close()
    with RunFile.open(run_path) as file:
        for name, values in file.read("train").items():
            assert values.tobytes() == before[name][:7].tobytes(), name
        assert file.length("hessian") == 1
        assert file.events() == events[:1]


def test_another_run_begins_with_the_rows_and_names_its_parent(run_path: Path, tmp_path: Path) -> None:
    child = tmp_path / "child" / "run.h5"
    child.parent.mkdir()
    added = Table("trace", "the trace", (TRAIN.columns[0], Column("trace", "of the Hessian")))
    with RunFile.open(run_path) as file:
        assert file.parent is None
        parent = Parent(run_path.parent.name, file.created, 5)
        begin(child, Predecessor(file, {"train": 5}, {}), [*TABLES, added], parent).close()
        with RunFile.open(child) as run:
            assert run.parent == parent
            assert run.created > file.created
            assert list(run.tables) == [*file.tables, "trace"]
            assert (run.length("train"), run.length("hessian"), run.length("trace")) == (5, 0, 0)


def test_a_table_of_another_shape_is_refused(run_path: Path) -> None:
    wider = Table(HESSIAN.name, HESSIAN.description, (*HESSIAN.columns[:1], Column("eigenvalues", "all", width=9)))
    with RunFile.open(run_path) as file, pytest.raises(RunFileError, match="table hessian has other columns"):
        begin(run_path, Predecessor(file, {}, {}), [TRAIN, wider])
    with RunFile.open(run_path) as file:
        assert file.status() is Status.FINISHED


@pytest.mark.parametrize(
    "text", ["", "[", "[]", "{}", '{"name":1,"created":"2026-01-01","step":1}', "[" * 10**5], ids=range(6)
)
def test_a_parent_that_says_nothing_is_none(text: str) -> None:
    assert Parent.from_json(text) is None


def test_a_parent_is_read_back() -> None:
    parent = Parent("demo", datetime(2026, 1, 2, 3, tzinfo=UTC), 40)
    assert Parent.from_json(parent.to_json()) == parent


def test_rows_are_carried_over_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eostui.store.predecessor._ROWS_AT_ONCE", 7)
    path = tmp_path / "a" / "run.h5"
    path.parent.mkdir()
    write_run(path, 30)
    with RunFile.open(path) as file:
        before = file.read("train")
        begin(path, Predecessor(file, {"train": 20}, {})).close()
    with RunFile.open(path) as file:
        assert np.array_equal(file.read("train")["loss"], before["loss"][:20], equal_nan=True)
