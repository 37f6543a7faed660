"""Other programs read what a run measured, digit for digit."""

from __future__ import annotations

import io
import json
import math
import resource
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from eostui.store import TRAIN, ExportFormat, RunFile, StoreError, export_run
from tests.store.conftest import CONFIG, STEPS, loss_at, write_run

LOSS = [loss_at(step) for step in range(STEPS)]
THREE_EACH = [f"{name}_{i}" for name in ("eigenvalues", "residuals", "errors") for i in (1, 2, 3)]
HESSIAN_COLUMNS = ["step", *THREE_EACH, "products", "certified"]


@pytest.fixture
def run(run_path: Path) -> RunFile:
    return RunFile.open(run_path)


def read_csv(path: Path | io.BytesIO) -> pd.DataFrame:
    """Read numbers with Python's own `float`: not every version of pandas reads the last digit right."""
    text = pd.read_csv(path, dtype=str)
    return text.apply(lambda column: column if column.name in ("kind", "detail") else column.map(float))


def test_csv_of_one_table(run: RunFile, tmp_path: Path) -> None:
    path = tmp_path / "hessian.csv"
    assert export_run(run, ExportFormat.CSV, path, table="hessian") == [path]
    table = read_csv(path)
    assert list(table.columns) == HESSIAN_COLUMNS
    np.testing.assert_array_equal(table[HESSIAN_COLUMNS[1:4]], run.read("hessian")["eigenvalues"])
    assert path.read_text().splitlines()[1].endswith(",9,1")


def test_csv_without_a_table_is_the_training_set(run: RunFile, tmp_path: Path) -> None:
    assert export_run(run, ExportFormat.CSV, tmp_path / "out.csv") == [tmp_path / "out.csv"]
    table = read_csv(tmp_path / "out.csv")
    assert list(table.columns) == [column.name for column in TRAIN.columns]
    np.testing.assert_array_equal(table.loss, LOSS)


def test_csv_goes_to_a_stream_that_stays_open(run: RunFile) -> None:
    stream = io.BytesIO()
    assert export_run(run, ExportFormat.CSV, stream) == []
    stream.seek(0)
    np.testing.assert_array_equal(read_csv(stream).loss, LOSS)


@pytest.mark.parametrize("format", [ExportFormat.CSV, ExportFormat.PARQUET])
@pytest.mark.parametrize("exists", [True, False])
def test_a_directory_gets_a_file_for_every_table(
    run: RunFile, tmp_path: Path, format: ExportFormat, exists: bool
) -> None:
    directory = tmp_path / "tables"
    if exists:
        directory.mkdir()
    written = export_run(run, format, directory)
    assert written == [directory / f"{name}.{format}" for name in ("train", "test", "events", "hessian")]
    assert sorted(directory.iterdir()) == sorted(written)
    read = read_csv if format is ExportFormat.CSV else pd.read_parquet
    tables = {path.stem: read(path) for path in written}
    np.testing.assert_array_equal(tables["train"].loss, LOSS)
    assert list(tables["hessian"].columns) == HESSIAN_COLUMNS
    assert len(tables["test"]) == 0
    assert json.loads(tables["events"].detail[0]) == {"from": 0.01, "to": 0.02, "by": 'a "user", with a comma'}
    assert tables["events"].kind[0] == "lr"


def test_json_is_one_valid_object_with_null_for_what_is_no_number(run: RunFile, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    export_run(run, ExportFormat.JSON, path)

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    exported = json.loads(path.read_text(), parse_constant=refuse)
    assert list(exported) == ["attrs", "tables"]
    assert exported["attrs"]["config"] == CONFIG
    assert exported["attrs"]["status"] == "finished"
    assert exported["tables"]["train"]["loss"] == [value if math.isfinite(value) else None for value in LOSS]
    assert exported["tables"]["train"]["grad_norm"] == [None] * STEPS
    assert exported["tables"]["hessian"]["eigenvalues"] == run.read("hessian")["eigenvalues"].tolist()
    assert exported["tables"]["test"] == {"step": [], "loss": [], "accuracy": []}
    assert exported["tables"]["events"]["kind"] == ["lr"]


def test_json_stays_valid_when_the_config_of_a_file_is_not(run_path: Path) -> None:
    with h5py.File(run_path, "r+", libver="latest") as file:
        file.attrs["config"] = '{"lr": NaN, "huge": [1e999]}'
    stream = io.BytesIO()
    export_run(RunFile.open(run_path), ExportFormat.JSON, stream)
    assert b"NaN" not in stream.getvalue()
    assert json.loads(stream.getvalue())["attrs"]["config"] == {"lr": None, "huge": [None]}


def test_json_of_one_table(run: RunFile, tmp_path: Path) -> None:
    export_run(run, ExportFormat.JSON, tmp_path / "one.json", table="hessian")
    assert list(json.loads((tmp_path / "one.json").read_text())["tables"]) == ["hessian"]


def test_npz_has_every_column_under_its_table(run: RunFile, tmp_path: Path) -> None:
    assert export_run(run, ExportFormat.NPZ, tmp_path) == [tmp_path / "run.npz"]
    with np.load(tmp_path / "run.npz", allow_pickle=False) as arrays:
        assert set(arrays) == {f"{name}/{column.name}" for name, t in run.tables.items() for column in t.columns}
        for name in run.tables:
            for column, values in run.read(name).items():
                np.testing.assert_array_equal(arrays[f"{name}/{column}"], values)


def test_an_export_replaces_what_was_there_only_when_it_is_complete(run: RunFile, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    with pytest.raises(StoreError, match="has no table 'nope'"):
        export_run(run, ExportFormat.CSV, path, table="nope")
    assert path.read_text() == "old"
    export_run(run, ExportFormat.CSV, path)
    assert path.read_text().startswith("step,")
    assert {entry.name for entry in tmp_path.iterdir()} == {"out.csv", "tanh"}


def test_a_full_disk_leaves_no_half_an_export(run: RunFile, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limit[1]))
    try:
        with pytest.raises(StoreError, match=r"out\.csv: cannot be written: File too large"):
            export_run(run, ExportFormat.CSV, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert [entry.name for entry in tmp_path.iterdir()] == ["tanh"]


def test_a_format_or_place_that_is_not_there_is_named(run: RunFile, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no export format 'xlsx': choose one of csv, json, parquet, npz"):
        export_run(run, "xlsx", tmp_path / "x")  # type: ignore[arg-type]
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written: "):
        export_run(run, ExportFormat.CSV, tmp_path / "file" / "x.csv")


def test_without_pyarrow_parquet_names_the_extra(run_path: Path) -> None:
    code = """
import sys
from pathlib import Path
sys.modules["pyarrow"] = None  # as if it were not installed
from eostui.store import ExportFormat, RunFile, StoreError, export_run
try:
    export_run(RunFile.open(Path(sys.argv[1])), ExportFormat.PARQUET, Path("x.parquet"))
except StoreError as error:
    print(error)
"""
    result = subprocess.run([sys.executable, "-c", code, run_path], capture_output=True, text=True, check=True)
    assert result.stdout == "parquet needs pyarrow: install it with `pip install 'eostui[parquet]'`\n"


def test_a_long_run_is_exported_in_blocks(tmp_path: Path) -> None:
    steps = 150_000  # more than two blocks
    with RunFile.open(write_run(tmp_path / "run.h5", steps)) as run:
        export_run(run, ExportFormat.CSV, tmp_path / "train.csv")
        export_run(run, ExportFormat.PARQUET, tmp_path / "train.parquet")
        export_run(run, ExportFormat.JSON, tmp_path / "run.json", table="train")
    np.testing.assert_array_equal(read_csv(tmp_path / "train.csv").step, np.arange(steps))
    np.testing.assert_array_equal(pd.read_parquet(tmp_path / "train.parquet").step, np.arange(steps))
    assert json.loads((tmp_path / "run.json").read_text())["tables"]["train"]["step"] == list(range(steps))
