"""HDF5 files from outside, read with nothing taken on trust.

HDF5 can name other files, run filters and claim sizes that fill the memory. Everything that a run file has no
use for is refused before any of its data is read.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import json
import os
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
from h5py._objects import phil

from eostui.store.chart import Chart
from eostui.store.errors import RunFileError, refuse
from eostui.store.required import misfit
from eostui.store.schema import CHARTS, Column, Table, charts_from_json
from eostui.store.text import clean_json, clean_text
from eostui.store.whole import check_whole

_READ_ATTEMPTS = 26
"""The pause before the last of them is 2^24 ns, 17 ms; a writer is done with a block in microseconds."""
_MAX_ATTRIBUTE_BYTES = 1 << 20
"""The longest text that an attribute of a run file may have."""
_MAX_MEMBERS = 256
"""The most tables that a run may have, and the most columns of a table."""


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever h5py raises about a file from outside into one RunFileError."""
    try:
        yield
    except RunFileError:
        raise
    except Exception as error:  # h5py raises nearly every built-in exception over a damaged file
        reason = clean_text(error, 200) or type(error).__name__
        raise RunFileError(f"{clean_text(path)}: is damaged, or not a run file: {reason}") from None


def open_hdf5(path: Path) -> h5py.File:
    """Open a finished or a growing HDF5 file for reading. Raises RunFileError."""
    check_whole(path)
    with reading(path):
        access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
        access.set_fapl_sec2()
        access.set_fclose_degree(h5py.h5f.CLOSE_STRONG)
        # No lock: network file systems may have none, and HDF5's own marks in the file do what is needed.
        access.set_file_locking(False, True)
        _limit_read_attempts(access)
        flags = h5py.h5f.ACC_RDONLY | h5py.h5f.ACC_SWMR_READ
        return h5py.File(h5py.h5f.open(os.fsencode(path), flags, access))


@functools.cache
def _library() -> ctypes.PyDLL:
    """The HDF5 library that h5py is linked to: dlsym finds its functions through a module of h5py.

    PyDLL keeps Python's lock during a call, as h5py does.
    """
    library = ctypes.PyDLL(h5py.h5p.__file__)
    library.H5Pset_metadata_read_attempts.argtypes = [ctypes.c_int64, ctypes.c_uint]
    return library


def _limit_read_attempts(access: h5py.h5p.PropFAID) -> None:
    """Let HDF5 give up on a block of metadata whose checksum stays wrong.

    In SWMR mode it takes that for a write in progress and reads again, 100 times, sleeping twice as long each time from
    one nanosecond on: a damaged file hangs its reader for ever. h5py has no name for the setting, the library below it
    has. HDF5 is not made for threads: a call that does not hold h5py's own lock crashes the process.
    """
    with phil, contextlib.suppress(OSError, AttributeError):  # a build of h5py may hide the library below it
        _library().H5Pset_metadata_read_attempts(access.id, _READ_ATTEMPTS)


def read_text(path: Path, item: h5py.Group | h5py.Dataset, name: str) -> str:
    """A text attribute as it is in the file."""
    attribute = _open_attribute(path, item, name)
    if attribute.shape != () or h5py.check_string_dtype(attribute.dtype) is None:
        raise refuse(path, f"is not a run file: attribute {name} of {item.name} is not text")
    value = np.empty((), attribute.dtype)
    attribute.read(value)
    text = bytes(value[()]).decode()
    if len(text) > _MAX_ATTRIBUTE_BYTES:
        raise refuse(path, f"is not a run file: attribute {name} of {item.name} has {len(text)} characters")
    return text


def read_integer(path: Path, item: h5py.Group, name: str) -> int:
    """An integer attribute."""
    attribute = _open_attribute(path, item, name)
    if attribute.shape != () or attribute.dtype.kind not in "iu":
        raise refuse(path, f"is not a run file: attribute {name} of {item.name} is no whole number")
    value = np.empty((), attribute.dtype)
    attribute.read(value)
    return int(value)


def _open_attribute(path: Path, item: h5py.Group | h5py.Dataset, name: str) -> h5py.h5a.AttrID:
    # Below h5py's own `attrs`, which takes three times as long: a file has a hundred attributes.
    if not h5py.h5a.exists(item.id, name.encode()):
        raise refuse(path, f"is not a run file: {item.name} has no attribute {name}")
    return h5py.h5a.open(item.id, name.encode())


def open_member(path: Path, group: h5py.Group, name: str, kind: type[h5py.HLObject]) -> h5py.HLObject:
    """A group or dataset that is really in this file, not a link to something elsewhere."""
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise refuse(path, f"is not a run file: it has no {name} of its own in {group.name}")
    member = group[name]
    if type(member) is not kind:
        raise refuse(path, f"is not a run file: {member.name} is no {kind.__name__.lower()}")
    return member


def open_status(path: Path, root: h5py.Group) -> h5py.Dataset:
    """The dataset of the run's status, a short text kept in this file."""
    dataset = open_member(path, root, "status", h5py.Dataset)
    is_plain = dataset.external is None and not dataset.is_virtual and dataset.chunks is None
    if not is_plain or dataset.shape != () or dataset.dtype.kind != "S" or dataset.dtype.itemsize > 64:
        raise refuse(path, f"is not a run file: its status has dtype {dataset.dtype}, shape {dataset.shape}")
    return dataset


def open_table(path: Path, tables: h5py.Group, name: str) -> tuple[Table, dict[str, h5py.Dataset]]:
    """A table's definition and its columns' datasets."""
    group = open_member(path, tables, name, h5py.Group)
    datasets = {column: open_column(path, group, column) for column in members(path, group)}
    columns = []
    try:
        for column, dataset in datasets.items():
            width = dataset.shape[1] if dataset.ndim == 2 else None
            text = {key: clean_text(read_text(path, dataset, key)) for key in ("description", "unit")}
            dtype = f"S{dataset.dtype.itemsize}" if dataset.dtype.kind == "S" else dataset.dtype.name
            columns.append(Column(column, text["description"], text["unit"], dtype, width))
        description = clean_text(read_text(path, group, "description"))
        table = Table(name, description, tuple(columns), _read_charts(path, group))
    except ValueError as error:
        raise refuse(path, f"is not a run file: {clean_text(error, 200)}") from None
    if why := misfit(table):
        raise refuse(path, f"is not a run file: {why}")
    return table, datasets


def _read_charts(path: Path, group: h5py.Group) -> tuple[Chart, ...] | None:
    """What the file says that is drawn of a table; None where it says nothing that this version can read."""
    if not h5py.h5a.exists(group.id, CHARTS.encode()):
        return None
    try:
        return charts_from_json(clean_json(json.loads(read_text(path, group, CHARTS))))
    except (ValueError, RecursionError):
        return None


def members(path: Path, group: h5py.Group) -> list[str]:
    """The names in a group, in the order of their creation where the file tells it."""
    if len(group) > _MAX_MEMBERS:
        raise refuse(path, f"is not a run file: {group.name} has {len(group)} members")
    return list(group)


def open_column(path: Path, group: h5py.Group, name: str) -> h5py.Dataset:
    """A column's dataset: chunked numbers or fixed-length text, in this file, unfiltered."""
    dataset = open_member(path, group, name, h5py.Dataset)
    creation = dataset.id.get_create_plist()
    if creation.get_layout() != h5py.h5d.CHUNKED or creation.get_nfilters():
        raise refuse(path, f"is not a run file: column {dataset.name} is not stored in plain chunks")
    if dataset.dtype not in ("float64", "int64") and dataset.dtype.kind != "S":
        raise refuse(path, f"is not a run file: column {dataset.name} has dtype {dataset.dtype}")
    if dataset.ndim not in (1, 2):
        raise refuse(path, f"is not a run file: column {dataset.name} has {dataset.ndim} dimensions")
    return dataset
