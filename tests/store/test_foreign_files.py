"""A file that is no run, or a hostile one, is refused with one clear line."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from eostui.store import TRAIN, Event, RunFile, RunFileError, RunWriter
from tests.store.conftest import TABLES, python


def read_all(path: Path) -> None:
    with RunFile.open(path) as run:
        run.refresh()
        for table in run.tables:
            run.read(table)
        run.events()


def assert_refused(path: Path, said: str) -> None:
    with pytest.raises(RunFileError) as caught:
        read_all(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert re.search(said, message), message
    assert message.isprintable()
    assert len(message) < 600


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\x89HDF\r\n\x1a\n", "not a run file|cannot be read|another program"),
        (b"step,loss\n0,1.0\n", "is not an HDF5 file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "is not an HDF5 file"),
        (b"\x89HDF\r\n\x1a\n\x03" + bytes(range(256)) * 16, "damaged"),
    ],
    ids=["empty", "signature", "csv", "png", "noise"],
)
def test_a_file_that_is_not_hdf5(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "run.h5"
    path.write_bytes(content)
    assert_refused(path, said)


def test_what_is_no_file_at_all(tmp_path: Path) -> None:
    assert_refused(tmp_path / "absent.h5", "No such file")
    assert_refused(tmp_path, "is a directory")
    os.mkfifo(tmp_path / "pipe.h5")
    assert_refused(tmp_path / "pipe.h5", "is no file")  # and does not wait for somebody to write to it


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_an_hdf5_file_of_another_program(tmp_path: Path, libver: str) -> None:
    path = tmp_path / "other.h5"
    with h5py.File(path, "w", libver=libver) as file:
        file["data"] = np.arange(10)
    assert_refused(path, "an HDF5 file of another program")


@pytest.mark.parametrize("share", [0.001, 0.02, 0.1, 0.5, 0.9, 0.96, 0.99, 0.9999])
def test_a_truncated_run(run_path: Path, share: float) -> None:
    os.truncate(run_path, int(run_path.stat().st_size * share))
    assert_refused(run_path, "damaged|not a run file")


def tables(file: h5py.File) -> h5py.Group:
    return file["tables"]


def replace(group: h5py.Group, name: str, **options: object) -> None:
    del group[name]
    dataset = group.create_dataset(name, **options)
    dataset.attrs["unit"] = dataset.attrs["description"] = "x"


def external(file: h5py.File) -> None:
    replace(tables(file)["train"], "loss", shape=(2500,), dtype="f8", external=[("/etc/passwd", 0, 2500 * 8)])


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((2500,), "f8", maxshape=(None,))
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (2500,))
    train = tables(file)["train"]
    del train["loss"]
    train.create_virtual_dataset("loss", layout)


def link(target: object) -> Callable[[h5py.File], None]:
    def edit(file: h5py.File) -> None:
        del file["tables/train/loss"]
        file["tables/train/loss"] = target

    return edit


def column(**options: object) -> Callable[[h5py.File], None]:
    return lambda file: replace(tables(file)["train"], "loss", **options)


def attribute(name: str, value: object) -> Callable[[h5py.File], None]:
    return lambda file: file.attrs.__setitem__(name, value)


def status(value: object) -> Callable[[h5py.File], None]:
    def edit(file: h5py.File) -> None:
        del file["status"]
        file["status"] = value

    return edit


def empty_reference(file: h5py.File) -> None:
    column(data=np.array([file.ref] * 2500, h5py.ref_dtype), maxshape=(None,))(file)


def remove(name: str) -> Callable[[h5py.File], None]:
    return lambda file: file.__delitem__(name)


def rename(old: str, new: str) -> Callable[[h5py.File], None]:
    return lambda file: file.move(old, new)


def crowd(file: h5py.File) -> None:
    for i in range(300):
        tables(file).create_group(f"t{i}")


HOSTILE: dict[str, tuple[Callable[[h5py.File], None], str]] = {
    "a newer format": (attribute("format_version", 2), "has format 2, newer than 1: update with `pip install -U "),
    "no whole version": (attribute("format_version", "one"), "format_version .* is no whole number"),
    "version zero": (attribute("format_version", 0), "format_version is 0"),
    "another format": (attribute("format", "other\x1b[2J"), "of another program"),
    "a format that is no text": (attribute("format", np.arange(4)), "format .* is not text"),
    "no name": (lambda file: file.attrs.__delitem__("name"), "has no attribute name"),
    "a config that is no JSON": (attribute("config", "{'a': 1}"), "config is not a JSON object"),
    "a config that is a list": (attribute("config", "[1, 2]"), "config is not a JSON object"),
    "a config without end": (attribute("config", "[" * 100_000), "config is not a JSON object"),
    "an environment of bytes": (attribute("environment", np.void(b"\xff\xfe")), "environment .* is not text"),
    "a bad date": (attribute("created", "yesterday\x1b[31m"), "created at 'yesterday"),
    "a status that is none": (status(np.bytes_(b"\x1b[31mhacked")), "its status is "),
    "a status of many": (status(np.array([b"running"] * 9)), "its status has dtype"),
    "a status of any length": (status("running"), "its status has dtype object"),
    "no status": (remove("status"), "no status of its own"),
    "no tables": (remove("tables"), "no tables of its own"),
    "no step": (remove("tables/train/step"), "must have `step`"),
    "no kind": (remove("tables/events/kind"), "table events has no column kind"),
    "too many tables": (crowd, "has 304 members"),
    "a table that is a dataset": (
        lambda file: file.__setitem__("tables/bad", 1),
        "is no group",
    ),
    "a column that is a group": (lambda file: tables(file)["train"].create_group("g") and None, "is no dataset"),
    "a name with an escape sequence": (rename("tables/train/lr", "tables/train/l\x1b[31mr"), "not lower snake case"),
    "a soft link": (link(h5py.SoftLink("/tables/train/lr")), "no loss of its own"),
    "an external link": (link(h5py.ExternalLink("/etc/passwd", "/x")), "no loss of its own"),
    "external storage": (external, "not stored in plain chunks"),
    "a virtual dataset": (virtual, "not stored in plain chunks"),
    "text of any length": (column(shape=(9,), maxshape=(None,), dtype=h5py.string_dtype()), "dtype object"),
    "objects": (column(shape=(9,), maxshape=(None,), dtype=h5py.vlen_dtype("f8")), "dtype object"),
    "references": (empty_reference, "dtype object"),
    "a compound": (column(shape=(9,), maxshape=(None,), dtype=[("a", "f8")]), r"dtype \[\('a'"),
    "single precision": (column(shape=(9,), maxshape=(None,), dtype="f4"), "dtype float32"),
    "compression": (column(shape=(9,), maxshape=(None,), dtype="f8", compression="gzip"), "plain chunks"),
    "contiguous": (column(data=np.zeros(2500)), "plain chunks"),
    "three dimensions": (column(shape=(9, 2, 2), maxshape=(None, 2, 2), dtype="f8"), "3 dimensions"),
    "a scalar": (column(data=1.0), "plain chunks"),
    "too many rows": (column(shape=(2**50,), maxshape=(None,), dtype="f8", chunks=(512,)), "has 0 of 2,199,"),
    "a vast chunk": (column(shape=(9,), maxshape=(None,), dtype="f8", chunks=(2**28,)), "has chunks of 2,147,"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_run_file_is_refused(run_path: Path, name: str) -> None:
    edit, said = HOSTILE[name]
    with h5py.File(run_path, "r+", libver="latest") as file:
        edit(file)
    assert_refused(run_path, said)


@pytest.mark.parametrize(
    "detail", [b'{"lr": ', b"[1]", b"\xff\xfe\x1b[2J", b'{"a":' + b"[" * 400, b"9" * 500, b""], ids=ascii
)
def test_an_event_that_cannot_be_read_is_one_bad_event(run_path: Path, detail: bytes) -> None:
    with h5py.File(run_path, "r+", libver="latest") as file:
        file["tables/events/detail"][0] = detail
    with RunFile.open(run_path) as run:
        (event,) = run.events()
    assert (event.step, event.kind, event.what) == (5, "damaged", None)
    assert event.detail["text"].startswith("lr")
    assert event.detail["text"].isprintable()


def test_a_file_without_a_table_of_events_has_none(run_path: Path) -> None:
    with h5py.File(run_path, "r+", libver="latest") as file:
        del file["tables/events"]
    with RunFile.open(run_path) as run:
        assert run.events() == []


def test_an_event_of_another_kind_and_nested_without_end_is_read(run_path: Path) -> None:
    with h5py.File(run_path, "r+", libver="latest") as file:
        file["tables/events/kind"][0] = b"eureka\x1b"
        file["tables/events/detail"][0] = b'{"b":9' + b"9" * 300 + b',"a":' + b"[" * 90 + b"]" * 90 + b"}"
    with RunFile.open(run_path) as run:
        (event,) = run.events()
    assert (event.kind, event.what, event.detail["b"]) == ("eureka", None, 10.0**301)
    assert len(str(event.detail["a"])) < 100


def test_a_file_that_is_refused_is_not_kept_open(run_path: Path) -> None:
    with h5py.File(run_path, "r+", libver="latest") as file:
        file.attrs["config"] = json.dumps([])
    with pytest.raises(RunFileError):
        RunFile.open(run_path)
    with h5py.File(run_path, "r+", libver="latest") as file:  # HDF5 refuses this while it is open for reading
        file.attrs["config"] = json.dumps({})
    read_all(run_path)


# Flips bytes of a run's file, reads all of it, and does so again and again.
FUZZER = """
import random, sys, time
from pathlib import Path
from eostui.store import RunFileError
from tests.store.test_foreign_files import read_all

whole, path = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2])
chosen = random.Random(int(sys.argv[3]))
read = refused = 0
for trial in range(int(sys.argv[4])):
    damaged = bytearray(whole)
    for _ in range(chosen.choice([1, 2, 8, 64])):
        damaged[chosen.randrange(len(damaged))] = chosen.randrange(256)
    path.unlink(missing_ok=True)
    path.write_bytes(damaged)
    print(trial, flush=True)
    start = time.monotonic()
    try:
        read_all(path)
        read += 1
    except RunFileError as error:
        assert str(error).isprintable()
        refused += 1
    assert time.monotonic() - start < 10
print(read, refused)
"""


@pytest.mark.parametrize("seed", range(2))
def test_a_run_with_flipped_bytes_reads_or_is_refused(tmp_path: Path, seed: int) -> None:
    # A small run, so that a good part of the bytes are HDF5's own.
    with RunWriter.create(tmp_path / "run.h5", name="x", config={}, environment={}, tables=TABLES) as run:
        run.append(TRAIN.row({"step": 0}))
        run.append(Event(0, 0.0, "start", {}).row())
    process = python(FUZZER, tmp_path / "run.h5", tmp_path / "damaged.h5", seed, 80)
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, f"trial {out.splitlines()[-1]}: {err[-2000:]}"
    read, refused = map(int, out.splitlines()[-1].split())
    assert read > 10
    assert refused > 10


READER = """
import sys
from pathlib import Path
from eostui.store import RunFile, RunFileError
try:
    RunFile.open(Path(sys.argv[1]))
except RunFileError as error:
    print(error)
"""


def test_a_heap_of_texts_that_would_have_hdf5_go_round_for_ever_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with RunWriter.create(path, name="x", config={}, environment={}, tables=TABLES):
        pass
    content = bytearray(path.read_bytes())
    place = content.index(b"GCOL") + 16
    while content[place : place + 2] != b"\0\0":  # to the object that stands for the free space
        place += 16 + (int.from_bytes(content[place + 8 : place + 16], "little") + 7) // 8 * 8
    content[place + 8 : place + 16] = bytes(8)
    path.write_bytes(content)
    out, err = python(READER, path).communicate(timeout=60)
    assert "a heap of texts does not add up" in out, err
