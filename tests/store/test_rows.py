"""Room for rows is asked for before HDF5 needs it."""

from __future__ import annotations

import random
from pathlib import Path

import h5py
import numpy as np
import pytest

from eostui.store import EVENTS, STEP, TRAIN, Column, Table
from eostui.store.rows import RowBuffer

WIDE = Table(
    "wide", "wide rows", (STEP, Column("vector", "many values", width=700), Column("huge", "more", width=5000))
)


@pytest.mark.parametrize(
    ("table", "values", "batches"),
    [
        (TRAIN, {"step": 0}, [1, 2, 3, 1020, 1, 5000, 40_000, 7, 300_000, 1]),
        (TRAIN, {"step": 0}, [random.Random(0).randrange(1, 3000) for _ in range(60)]),
        (EVENTS, {"step": 0, "kind": "lr", "detail": "{}"}, [1] * 40),
        (WIDE, {"step": 0}, [1, 1, 1, 30, 1, 200]),
    ],
    ids=["train", "train in bits", "events", "wide"],
)
def test_a_flush_never_makes_the_file_grow_by_more_than_was_foretold(
    tmp_path: Path, table: Table, values: dict[str, object], batches: list[int]
) -> None:
    with h5py.File(tmp_path / "run.h5", "w", libver="latest") as file:
        buffer = RowBuffer.create(table, file)
        file.flush()
        file.swmr_mode = True
        file.flush()
        for count in batches:
            rows = [table.row(values)] * count
            foretold = file.id.get_filesize() + buffer.growth(count)
            buffer.write(rows)
            file.flush()
            assert file.id.get_filesize() <= foretold
        assert len(file[table.name]["step"]) == sum(batches)
        assert np.isnan(file[table.name][table.columns[1].name][:]).all()
