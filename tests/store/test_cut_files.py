"""A file that is cut short is refused, or what is read of it was measured: never a number that was not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eostui.store import RunFile, RunFileError, RunWriter
from tests.store.checksums import mend
from tests.store.conftest import TABLES, python, write_run

KILLED = """
import os, sys
from pathlib import Path
from eostui.store import TRAIN, Event, RunWriter, Status
from tests.store.conftest import TABLES, loss_at

run = RunWriter.create(Path(sys.argv[1]), name="killed", config={}, environment={}, tables=TABLES)
run.append(Event(0, 0.0, "start", {"lr": 0.02}).row())
for step in range(int(sys.argv[2])):
    run.append(TRAIN.row({"step": step, "loss": loss_at(step), "lr": 0.02, "threshold": 100.0}))
    if step % 400 == 0:
        run.set_status(Status.RUNNING)
run.set_status(Status.RUNNING)
os.kill(os.getpid(), 9)
"""


def everything(path: Path) -> dict[str, Any]:
    """All that a file says, in a form that can be compared."""
    with RunFile.open(path) as run:
        run.refresh()
        said = {f"{table}/{name}": column.tobytes() for table in run.tables for name, column in run.read(table).items()}
        return said | {"status": run.status(), "config": run.config, "events": run.events()}


def written(path: Path, kind: str) -> Path:
    """A small run of a kind: finished, or one whose writer was killed after so many steps."""
    if kind == "finished":
        return write_run(path, 300)
    python(KILLED, path, kind).communicate(timeout=60)
    return path


@pytest.mark.parametrize("kind", ["finished", "0", "900"])
def test_a_file_cut_anywhere_is_refused_or_has_every_row(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path / "run.h5", kind)
    content, whole, cut = path.read_bytes(), everything(path), tmp_path / "cut.h5"
    refused = 0
    places = {*range(0, len(content), len(content) // 40), *range(1500, 9000, 500), len(content) - 1}
    for place in sorted(places):
        cut.write_bytes(content[:place])
        try:
            assert everything(cut) == whole, f"cut after {place} bytes"
        except RunFileError:
            refused += 1
    assert refused == len(places) if kind == "finished" else refused > 10


def test_rows_that_lie_beyond_the_end_are_refused_even_where_the_file_does_not_say_where_it_ends(
    tmp_path: Path,
) -> None:
    path = written(tmp_path / "run.h5", "900")
    content = bytearray(path.read_bytes())
    said = int.from_bytes(content[28:36], "little")
    told = 0
    for place in range(said - 9000, said, 500):
        content[28:36] = place.to_bytes(8, "little")
        mend(content, (0, 44))
        path.write_bytes(content[:place])
        with pytest.raises(RunFileError) as caught:  # for its rows or for the index to them
            everything(path)
        told += "rows of /tables/" in str(caught.value)
    assert told > 0


def test_a_large_file_of_holes_is_refused_and_a_run_that_a_copy_made_sparse_is_not(tmp_path: Path) -> None:
    path = write_run(tmp_path / "run.h5", 300)
    with path.open("r+b") as file:
        file.truncate(1 << 30)
    if path.stat().st_blocks * 512 > 1 << 20:
        pytest.skip("this file system has no holes")
    with pytest.raises(RunFileError, match=r"of its 1,073,741,824 bytes only [\d,]+ were ever written"):
        RunFile.open(path)
    with write_run(tmp_path / "long.h5", 40_000).open("r+b") as file:
        content, size = file.read(), os.fstat(file.fileno()).st_size
        file.truncate(0)
        file.truncate(size)
        for place in range(0, size, 4096):
            if any(block := content[place : place + 4096]):
                os.pwrite(file.fileno(), block, place)
    assert (tmp_path / "long.h5").stat().st_blocks * 512 < size
    assert np.isfinite(everything(tmp_path / "long.h5")["events"][0].step)


@pytest.mark.parametrize("texts", [2_000, 1_048_000])
def test_a_heap_of_texts_that_does_not_add_up_is_refused_wherever_it_is(tmp_path: Path, texts: int) -> None:
    path = tmp_path / "run.h5"
    said = {"notes": "x" * texts}
    with RunWriter.create(path, name="x", config=said, environment=said, tables=TABLES):
        pass
    content = path.read_bytes()
    last = content.rindex(b"GCOL")
    assert last > 2**20 or texts < 10_000
    damaged = bytearray(content)
    damaged[last + 24 : last + 32] = bytes(8)  # the size of its first text
    path.write_bytes(damaged)
    with pytest.raises(RunFileError, match="a heap of texts does not add up"):
        everything(path)
