"""Run files made bad by hand, each in one way, which HDF5 itself has nothing against."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from eostui.store import EVENTS, STEP, TEST, TRAIN, Column, Event, RunWriter, Status, Table, eigenvalue_table

STEPS = 60
TRACKED = Table(
    "tracked",
    "between two measurements",
    (STEP, Column("sharpness", ""), Column("residual", ""), Column("certified", "", dtype="int64")),
)
HESSIAN = eigenvalue_table("hessian", "largest eigenvalues of the loss Hessian", 3)
Edit = Callable[[h5py.File], None]


def write_good(path: Path) -> Path:
    """A finished run with every table that all viewers know."""
    config = {"arch": "fc-tanh", "lr": 0.02, "optimizer": "gd", "steps": STEPS}
    environment = {"threshold": "2/η", "threads": 2}
    tables = [TRAIN, TEST, HESSIAN, TRACKED, EVENTS]
    with RunWriter.create(path, name=path.parent.name, config=config, environment=environment, tables=tables) as run:
        for step in range(STEPS):
            numbers = {"time": step / 9, "lr": 0.02, "threshold": 100.0, "loss": 1 / (step + 1), "accuracy": 0.5}
            run.append(TRAIN.row({"step": step, "grad_norm": 1.0, **numbers}))
            run.append(TRACKED.row({"step": step, "sharpness": 2.0 * step, "residual": 0.1, "certified": 0}))
            if step % 10 == 0:
                values = np.array([2.0, 1.5, 1.0]) * step
                known = {"eigenvalues": values, "residuals": values / 9, "errors": values / 99}
                run.append(HESSIAN.row({"step": step, "products": 9, "certified": 1, **known}))
                run.append(TEST.row({"step": step, "loss": 1.0, "accuracy": 0.5}))
        run.append(Event(0, 0.0, "start", {"lr": 0.02, "threshold": 100.0}).row())
        run.append(Event(30, 3.0, "lr", {"lr": 0.02, "previous": 0.03, "threshold": 100.0}).row())
        run.append(Event(STEPS, 9.0, "finished", {}).row())
        run.set_status(Status.FINISHED)
    return path


def _remove(name: str) -> Edit:
    return lambda file: file.__delitem__(name)


def _stored(name: str, values: Any, **options: Any) -> Edit:
    """A column with other values, in another form."""

    def edit(file: h5py.File) -> None:
        data = np.asarray(values)
        del file[name]
        dataset = file.create_dataset(name, data=data, maxshape=(None, *data.shape[1:]), chunks=True, **options)
        dataset.attrs["unit"] = dataset.attrs["description"] = "x"

    return edit


def _set(name: str, row: int | slice, value: Any) -> Edit:
    return lambda file: file[name].__setitem__(row, value)


def _texts(name: str, value: Any) -> Edit:
    return lambda file: file.attrs.__setitem__(name, value)


def _renamed(group: str, old: bytes, new: bytes) -> Edit:
    """Another name, which h5py itself would not give."""

    def edit(file: h5py.File) -> None:
        parent = file[group]
        parent.id.links.move(old, parent.id, new)

    return edit


def _all(*edits: Edit) -> Edit:
    def edit(file: h5py.File) -> None:
        for one in edits:
            one(file)

    return edit


def _unlike(table: str, column: str, wide: bool) -> Mapping[str, Edit]:
    """A column of another type and of another shape."""
    name, rows = f"tables/{table}/{column}", STEPS if table in ("train", "tracked") else 6
    shape = (rows,) if wide else (rows, 2)
    return {
        f"{table} {column} whole": _stored(name, np.ones((rows, 2) if wide else rows, np.int64)),
        f"{table} {column} text": _stored(name, np.full(rows, b"x")),
        f"{table} {column} shape": _stored(name, np.ones(shape)),
    }


_TRAIN = "tables/train/"
_LOWEST, _HIGHEST = np.iinfo(np.int64).min, np.iinfo(np.int64).max

BAD: Mapping[str, Edit] = {
    **{f"no train {name}": _remove(_TRAIN + name) for name in ("step", "time", "lr", "threshold", "loss", "grad_norm")},
    **{f"no events {name}": _remove(f"tables/events/{name}") for name in ("step", "time", "kind", "detail")},
    "no eigenvalues": _remove("tables/hessian/eigenvalues"),
    "no errors": _remove("tables/hessian/errors"),
    "no sharpness": _remove("tables/tracked/sharpness"),
    "no test loss": _remove("tables/test/loss"),
    "no train": _remove("tables/train"),
    "no events": _remove("tables/events"),
    "no table": _all(*(_remove(f"tables/{table}") for table in ("train", "test", "hessian", "tracked", "events"))),
    **_unlike("train", "loss", wide=False),
    **_unlike("train", "time", wide=False),
    **_unlike("train", "threshold", wide=False),
    **_unlike("hessian", "eigenvalues", wide=True),
    **_unlike("hessian", "errors", wide=True),
    **_unlike("tracked", "sharpness", wide=False),
    "steps of floats": _stored(_TRAIN + "step", np.arange(float(STEPS))),
    "certified of floats": _stored("tables/hessian/certified", np.ones(6)),
    "kinds of numbers": _stored("tables/events/kind", np.arange(3)),
    "details in two": _stored("tables/events/detail", np.full((3, 2), b"{}")),
    "no event's step is whole": _stored("tables/events/step", np.zeros(3)),
    "table of bytes": _renamed("tables", b"test", b"\xff\xfe"),
    "table of escapes": _renamed("tables", b"test", b"te\x1b[31mst"),
    "table of lines": _renamed("tables", b"test", b"te\nst"),
    "table without a name": _renamed("tables", b"test", b"[bold]"),
    "table with a long name": _renamed("tables", b"test", b"t" * 5000),
    "column of bytes": _renamed("tables/train", b"lr", b"l\xff"),
    "step at the lowest": _set(_TRAIN + "step", 0, _LOWEST),
    "step at the highest": _set(_TRAIN + "step", -1, _HIGHEST),
    "all steps at the highest": _set(_TRAIN + "step", slice(None), _HIGHEST),
    "steps beyond floats": _set(_TRAIN + "step", slice(30, None), np.arange(30) + 2**53 - 3),
    "step of an event": _set("tables/events/step", 1, _LOWEST),
    "step of the last event": _set("tables/events/step", -1, _HIGHEST),
    "step of a measurement": _set("tables/hessian/step", -1, _HIGHEST),
    "steps go back": _set(_TRAIN + "step", slice(None), np.arange(STEPS)[::-1]),
    "a step goes back": _set(_TRAIN + "step", 40, 3),
    "measured steps go back": _set("tables/hessian/step", slice(None), [50, 40, 30, 20, 10, 0]),
    "tracked steps go back": _set("tables/tracked/step", slice(None), np.arange(STEPS)[::-1]),
    "events go back": _set("tables/events/step", slice(None), [STEPS, 30, 0]),
    "one step for all": _set(_TRAIN + "step", slice(None), 7),
    "one measured step for all": _set("tables/hessian/step", slice(None), 7),
    "one tracked step for all": _set("tables/tracked/step", slice(None), 7),
    "steps far apart": _set(_TRAIN + "step", slice(None), np.arange(STEPS) * 10**14),
    "thresholds of -1e308": _set(_TRAIN + "threshold", slice(None), -1e308),
    "thresholds of both ends": _set(_TRAIN + "threshold", slice(None), [1.7e308, -1.7e308] * (STEPS // 2)),
    "thresholds of zero": _set(_TRAIN + "threshold", slice(None), 0.0),
    "thresholds of next to nothing": _set(_TRAIN + "threshold", slice(None), 5e-324),
    "losses of both ends": _set(_TRAIN + "loss", slice(None), [1.7e308, -1.7e308] * (STEPS // 2)),
    "times of both ends": _set(_TRAIN + "time", slice(None), [1.7e308, -1.7e308] * (STEPS // 2)),
    "times go back": _set(_TRAIN + "time", slice(None), np.arange(STEPS, 0.0, -1)),
    "times without end": _set(_TRAIN + "time", slice(None), np.inf),
    "step sizes of both ends": _set(_TRAIN + "lr", slice(None), [1.7e308, -1.7e308] * (STEPS // 2)),
    "eigenvalues of both ends": _set("tables/hessian/eigenvalues", slice(None), [1.7e308, 0.0, -1.7e308]),
    "errors of -1e308": _set("tables/hessian/errors", slice(None), -1.7e308),
    "tracked of both ends": _set("tables/tracked/sharpness", slice(None), [1.7e308, -1.7e308] * (STEPS // 2)),
    "event without time": _set("tables/events/time", slice(None), np.nan),
    "event of no kind": _set("tables/events/kind", slice(None), b""),
    "event of bytes": _set("tables/events/kind", slice(None), b"\xff\xfe\x1b[2J"),
    "event of no JSON": _set("tables/events/detail", 1, b'{"lr": '),
    "event of a list": _set("tables/events/detail", slice(None), b"[1]"),
    "event of another": _set("tables/events/detail", slice(None), b'{"lr":"x","threshold":[],"text":9,"previous":{}}'),
    "event nested": _set("tables/events/detail", slice(None), b'{"a":' + b"[" * 200 + b"]" * 200 + b"}"),
    "event of a vast number": _set("tables/events/detail", slice(None), b'{"lr":1' + b"0" * 400 + b"}"),
    "config nested": _texts("config", '{"a":' + "[" * 900 + "]" * 900 + "}"),
    "config of vast numbers": _texts("config", '{"lr":1' + "0" * 400 + ',"steps":-1e999,"batch_size":1e999}'),
    "config of another": _texts("config", '{"lr":[],"steps":"x","batch_size":{},"optimizer":7,"track":3}'),
    "environment of another": _texts("environment", '{"threshold":[],"threshold_on":{},"threads":"x"}'),
    "environment of escapes": _texts("environment", '{"threshold":"\\u001b[2J","x\\u001by":"\\u202e"}'),
    "name of nothing": _texts("name", ""),
    "name of escapes": _texts("name", "a\x1b[2Jb\n" * 500),
    "created long ago": _texts("created", "0001-01-01T00:00:00+14:00"),
    "created at the end": _texts("created", "9999-12-31T23:59:59-14:00"),
}


@functools.cache
def _good() -> bytes:
    """What `write_good` writes, which takes longer than to damage it."""
    with tempfile.TemporaryDirectory() as directory:
        return write_good(Path(directory) / "run.h5").read_bytes()


def write_bad(path: Path, how: str) -> Path:
    """A run's file that is bad in one way, of those of `BAD`."""
    path.write_bytes(_good())
    with h5py.File(path, "r+", libver="latest") as file:
        BAD[how](file)
    return path
