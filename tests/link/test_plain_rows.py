"""The plain file of rows: what was written comes back, and nothing else does."""

from __future__ import annotations

import shutil
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eostui.link import plain_run
from eostui.link.file_system import network_file_system
from eostui.link.frames import encode_frame
from eostui.link.messages import Ack, Phase, Rows, State, encode
from eostui.link.plain_rows import PLAIN_ROWS, PlainRows
from eostui.link.plain_run import PlainRun
from eostui.store import EVENTS, TRAIN, Event, Kind, RunFile, RunFileError, RunReader, RunWriter, Status
from tests.store.conftest import HESSIAN, TABLES


def record(frame: bytes) -> bytes:
    return frame + zlib.crc32(frame).to_bytes(4, "little")


@pytest.fixture
def writer(tmp_path: Path) -> RunWriter:
    tables = [table for table in TABLES if table.name != HESSIAN.name]
    return RunWriter.create(tmp_path / "run.h5", name="w", config={"lr": 0.1}, environment={}, tables=tables)


def write_rows(writer: RunWriter, start: int, stop: int) -> None:
    for step in range(start, stop):
        writer.append(TRAIN.row({"step": step, "loss": step / 3}))
    writer.append(Event.of(stop, 0.5, Kind.PAUSE).row())
    writer.set_status(Status.PAUSED)


def assert_as_in_the_runs_file(plain: RunReader) -> None:
    plain.refresh()
    copy = plain.path.with_name("copy.h5")  # HDF5 opens no file for reading that this process writes
    shutil.copy(plain.path, copy)
    with RunFile.open(copy) as file:
        assert_same(plain, file)


def assert_same(plain: RunReader, file: RunReader) -> None:
    assert dict(plain.tables) == dict(file.tables)
    assert (plain.status(), plain.name, plain.created) == (file.status(), file.name, file.created)
    assert (plain.config, plain.environment, plain.parent) == (file.config, file.environment, file.parent)
    assert plain.events() == file.events()
    for name in file.tables:
        rows, expected = plain.read(name), file.read(name)
        assert rows.keys() == expected.keys()
        for column, values in expected.items():
            np.testing.assert_array_equal(rows[column], values)


def test_the_plain_file_has_what_the_runs_file_has(writer: RunWriter, tmp_path: Path) -> None:
    rows = PlainRows(writer, None)
    write_rows(writer, 0, 3000)
    with PlainRun.open(tmp_path / "run.h5") as plain:
        assert_as_in_the_runs_file(plain)
        writer.add_table(HESSIAN)
        writer.append(HESSIAN.row({"step": 3000, "eigenvalues": [3, 2, 1], "products": 1, "certified": 1}))
        write_rows(writer, 3000, 3010)
        assert_as_in_the_runs_file(plain)
        np.testing.assert_array_equal(plain.read("train", ["step"], 3005)["step"], np.arange(3005, 3010))
        assert plain.read("train", stop=0)["loss"].shape == (0,)
        writer.close()
        rows.remove()
        with pytest.raises(RunFileError, match="No such file"):
            plain.refresh()


def test_what_has_not_arrived_is_waited_for_and_what_never_does_is_refused(
    writer: RunWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    PlainRows(writer, None)
    for start in range(0, 50, 5):
        write_rows(writer, start, start + 5)
    writer.close()
    whole = (tmp_path / PLAIN_ROWS).read_bytes()
    (tmp_path / "partly").mkdir()
    partly = tmp_path / "partly" / PLAIN_ROWS
    partly.write_bytes(whole[:2000])
    while not (started := _opened(partly.parent / "run.h5")):
        partly.write_bytes(whole[: partly.stat().st_size + 100])
    with started as plain:
        for end in range(partly.stat().st_size, len(whole), 37):  # in pieces, each followed by zeros at first
            with partly.open("r+b") as file:
                file.write(whole[:end] + bytes(min(300, len(whole) - end)))
            plain.refresh()
            count = plain.length("train")
            np.testing.assert_array_equal(plain.read("train", ["step"])["step"], np.arange(count))
        partly.write_bytes(whole)
        plain.refresh()
        assert (plain.length("train"), len(plain.events())) == (50, 10)
        with partly.open("ab") as file:
            file.write(bytes(300))
        plain.refresh()
        monkeypatch.setattr(plain_run, "ARRIVES_WITHIN", 0.0)
        time.sleep(0.01)
        with pytest.raises(RunFileError, match="is damaged: expected the frame mark"):
            plain.refresh()


def _opened(path: Path) -> PlainRun | None:
    try:
        return PlainRun.open(path)
    except RunFileError:
        return None


def rows_of(columns: dict[str, Any], *, table: str = "train", first: int = 0) -> bytes:
    named = {column.name: np.zeros(1, column.dtype) for column in TRAIN.columns}
    return encode(Rows(table, first, {**named, **{name: np.array(value) for name, value in columns.items()}}))


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (rows_of({"step": [3]}, first=7), "row 7 of train comes after row -1"),
        (rows_of({"step": [-3]}), "step -3 is none"),
        (rows_of({"step": [3.0]}), "other columns than their table"),
        (rows_of({"loss": [[0.5]]}), "other columns than their table"),
        (rows_of({"extra": [0.5]}), "other columns than their table"),
        (rows_of({}, table="nowhere"), "a message of the kind rows cannot be there"),
        (encode(State("asleep")), "a message of the kind state cannot be there"),
        (encode(Ack(1, True, "done")), "a message of the kind ack cannot be there"),
        (encode(Phase("measuring")), "a message of the kind phase cannot be there"),
        (encode_frame({"kind": "run", "attributes": {}, "tables": {}}), "does not say what run it is"),
        (encode_frame({"kind": "odd"}), "unknown kind of message"),
    ],
    ids=["first", "step", "type", "width", "extra", "table", "status", "ack", "phase", "run", "kind"],
)
def test_a_record_that_cannot_be_there_is_refused(writer: RunWriter, tmp_path: Path, frame: bytes, why: str) -> None:
    PlainRows(writer, None)
    writer.close()
    with (tmp_path / PLAIN_ROWS).open("ab") as file:
        file.write(record(frame))
    with pytest.raises(RunFileError, match=why):
        PlainRun.open(tmp_path / "run.h5")


@pytest.mark.parametrize("change", [lambda table: table.without("loss"), lambda table: EVENTS])
def test_a_table_that_viewers_know_is_as_they_know_it(
    writer: RunWriter, tmp_path: Path, change: Callable[[Any], Any]
) -> None:
    attributes = writer.attributes
    writer.close()
    tables = {"train": change(TRAIN).to_json()}
    frame = encode_frame({"kind": "run", "attributes": attributes, "tables": tables})
    (tmp_path / PLAIN_ROWS).write_bytes(record(frame))
    with pytest.raises(RunFileError, match="train"):
        PlainRun.open(tmp_path / "run.h5")


def test_a_link_in_its_place_is_not_followed(writer: RunWriter, tmp_path: Path) -> None:
    PlainRows(writer, None)
    writer.close()
    shutil.move(tmp_path / PLAIN_ROWS, tmp_path / "other.eos")
    (tmp_path / PLAIN_ROWS).symlink_to(tmp_path / "other.eos")
    with pytest.raises(RunFileError, match="cannot be read"):
        PlainRun.open(tmp_path / "run.h5")


def test_a_temporary_directory_is_on_no_network(tmp_path: Path) -> None:
    assert network_file_system(tmp_path) == ""
