"""Whether the rows that a column claims are in the file: HDF5 reads zeros where a chunk lies beyond its end."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import h5py

from eostui.store.errors import refuse

_MAX_CHUNK_BYTES = 1 << 20
"""The largest chunk that a column may have: one row of the widest column takes half of it."""


def check_extent(path: Path, size: int, dataset: h5py.Dataset) -> int:
    """Refuse a column without a chunk for each of its rows within the file, which has `size` bytes.

    Returns how many bytes its chunks have in all. Raises RunFileError.
    """
    check_claim(path, dataset)
    shape = dataset.shape
    there, end = 0, 0

    def count(chunk: Any) -> None:
        nonlocal there, end
        there += all(offset < length for offset, length in zip(chunk.chunk_offset, shape, strict=True))
        end = max(end, chunk.byte_offset + chunk.size)

    dataset.id.chunk_iter(count)
    _check_count(path, dataset, there)
    if end > size:
        raise refuse(path, f"is damaged: it is cut short, rows of {dataset.name} lie beyond its {size:,} bytes")
    return there * _chunk_bytes(dataset)


def check_claim(path: Path, dataset: h5py.Dataset) -> None:
    """Refuse a column that has grown to more rows than it has chunks for, or whose chunks are too large.

    Raises RunFileError.
    """
    if _chunk_bytes(dataset) > _MAX_CHUNK_BYTES:
        raise refuse(path, f"is not a run file: column {dataset.name} has chunks of {_chunk_bytes(dataset):,} bytes")
    _check_count(path, dataset, dataset.id.get_storage_size() // _chunk_bytes(dataset))


def _check_count(path: Path, dataset: h5py.Dataset, there: int) -> None:
    wanted = math.prod(-(-length // part) for length, part in zip(dataset.shape, dataset.chunks, strict=True))
    if there < wanted:
        raise refuse(
            path, f"is damaged: column {dataset.name} of shape {dataset.shape} has {there:,} of {wanted:,} chunks"
        )


def _chunk_bytes(dataset: h5py.Dataset) -> int:
    return int(math.prod(dataset.chunks)) * int(dataset.dtype.itemsize)
