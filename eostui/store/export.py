"""A run's tables in the formats of other programs."""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from eostui.export_format import ExportFormat
from eostui.store.errors import StoreError
from eostui.store.events import finite_json
from eostui.store.reader import Array, RunFile
from eostui.store.schema import TRAIN, Column, Table
from eostui.store.text import clean_text

_BLOCK_ROWS = 65536
"""Rows that are in memory at a time."""


def export_run(run: RunFile, format: ExportFormat, output: Path | BinaryIO, *, table: str | None = None) -> list[Path]:
    """Write a run's tables to a file, a directory or a stream; the files that were written.

    csv, parquet: one table a file. Without `table`, a directory (one that is there, or a path without a
    suffix) gets all of them, named TABLE.csv; a file or a stream gets `train`. A column of width k becomes
    name_1 … name_k.

    json: one object, {"attrs": {…}, "tables": {table: {column: [a value a row]}}}; NaN and infinities are
    null.

    npz: arrays named table/column, as in the run file.

    Every float reads back bit for bit. A file gets its name when it is complete. Raises StoreError for a
    table that the run has not, a file that cannot be written, or a missing pyarrow.
    """
    if format not in list(ExportFormat):
        raise StoreError(f"no export format {format!r}: choose one of {', '.join(ExportFormat)}")
    if format == ExportFormat.PARQUET:
        _require_pyarrow()
    one_table_a_file = format in (ExportFormat.CSV, ExportFormat.PARQUET)
    every = list(run.tables)
    jobs: dict[Path, list[str]]
    if not isinstance(output, Path):
        names = [table or TRAIN.name] if table or one_table_a_file else every
        _write(run, format, names, output)
        return []
    if not one_table_a_file:
        path = output / f"{table or 'run'}.{format}" if output.is_dir() else output
        jobs = {path: [table] if table else every}
    elif output.is_dir() or (table is None and not output.suffix):
        jobs = {output / f"{name}.{format}": [name] for name in ([table] if table else every)}
    else:
        jobs = {output: [table or TRAIN.name]}
    for path, names in jobs.items():
        with _replacing(path) as stream:
            _write(run, format, names, stream)
    return list(jobs)


def _write(run: RunFile, format: ExportFormat, names: list[str], stream: BinaryIO) -> None:
    for name in names:
        run.length(name)  # an unknown table is told of before anything is written
    match format:
        case ExportFormat.CSV:
            _write_csv(run, run.tables[names[0]], stream)
        case ExportFormat.JSON:
            _write_json(run, [run.tables[name] for name in names], stream)
        case ExportFormat.PARQUET:
            _write_parquet(run, run.tables[names[0]], stream)
        case ExportFormat.NPZ:
            _write_npz(run, [run.tables[name] for name in names], stream)


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the name `path` when it is complete, or leaves no trace."""
    unnamed = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with unnamed.open("wb") as stream:
                yield stream
            unnamed.replace(path)
        finally:
            unnamed.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{clean_text(path)}: cannot be written: {error.strerror or error}") from None


def _blocks(run: RunFile, table: Table, columns: Iterable[Column]) -> Iterator[dict[str, Array]]:
    names = [column.name for column in columns]
    for start in range(0, run.length(table.name), _BLOCK_ROWS):
        stop = min(start + _BLOCK_ROWS, run.length(table.name))
        yield run.read(table.name, names, start, stop)


def _flat(table: Table, block: dict[str, Array]) -> dict[str, Array]:
    """Give every value of a wide column a column of its own."""
    flat: dict[str, Array] = {}
    for column in table.columns:
        values = block[column.name]
        if column.width is None:
            flat[column.name] = values
        else:
            flat.update({f"{column.name}_{i + 1}": values[:, i] for i in range(column.width)})
    return flat


def _flat_names(table: Table) -> list[tuple[str, Column]]:
    return [
        (name, column)
        for column in table.columns
        for name in ([column.name] if column.width is None else [f"{column.name}_{i + 1}" for i in range(column.width)])
    ]


def _values(array: Array) -> list[Any]:
    """Plain numbers, lists of them, or clean text."""
    if array.dtype.kind == "S":
        return [clean_text(text.decode("utf-8", "replace")) for text in array.tolist()]
    return list(array.tolist())


def _write_csv(run: RunFile, table: Table, stream: BinaryIO) -> None:
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    try:
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(name for name, _ in _flat_names(table))
        for block in _blocks(run, table, table.columns):
            rows.writerows(zip(*map(_values, _flat(table, block).values()), strict=True))
    finally:
        text.detach()


def _write_json(run: RunFile, tables: list[Table], stream: BinaryIO) -> None:
    attributes = {
        "name": run.name,
        "created": run.created.isoformat(),
        "eostui_version": run.eostui_version,
        "status": run.status().value,
        "config": run.config,
        "environment": run.environment,
    }

    def put(text: str) -> None:
        stream.write(text.encode("utf-8"))

    put(f'{{"attrs": {json.dumps(finite_json(attributes))},\n"tables": {{')
    for i, table in enumerate(tables):
        put(f"{',' if i else ''}\n{json.dumps(table.name)}: {{")
        for j, column in enumerate(table.columns):
            put(f"{',' if j else ''}\n  {json.dumps(column.name)}: [")
            separator = ""
            for block in _blocks(run, table, [column]):
                put(separator + json.dumps(_json_values(block[column.name]))[1:-1])
                separator = ", "
            put("]")
        put("}")
    put("}}\n")


def _json_values(array: Array) -> list[Any]:
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        nullable = array.astype(object)
        nullable[~np.isfinite(array)] = None
        return list(nullable.tolist())
    return _values(array)


def _write_npz(run: RunFile, tables: list[Table], stream: BinaryIO) -> None:
    with zipfile.ZipFile(stream, "w") as archive:  # as np.savez does, but with one column in memory at a time
        for table in tables:
            for column in table.columns:
                with archive.open(f"{table.name}/{column.name}.npy", "w", force_zip64=True) as member:
                    values = run.read(table.name, [column.name])[column.name]
                    np.lib.format.write_array(member, values, allow_pickle=False)


def _require_pyarrow() -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise StoreError("parquet needs pyarrow: install it with `pip install 'eostui[parquet]'`") from None


def _write_parquet(run: RunFile, table: Table, stream: BinaryIO) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"float64": pa.float64(), "int64": pa.int64()}
    schema = pa.schema(
        [
            pa.field(
                name,
                types.get(column.dtype, pa.string()),
                metadata={"description": column.description, "unit": column.unit},
            )
            for name, column in _flat_names(table)
        ]
    )
    with pq.ParquetWriter(stream, schema) as writer:
        for block in _blocks(run, table, table.columns):
            flat = _flat(table, block)
            writer.write_table(
                pa.table([pa.array(_values(a) if a.dtype.kind == "S" else a) for a in flat.values()], schema)
            )
