"""CIFAR-10 (Krizhevsky 2009), standardised for each pixel coordinate by the full training set."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from eostui.problems.data.cifar10_batches import (
    CHECKSUMS,
    FOLDER,
    TEST_BATCH,
    TRAIN_BATCHES,
    read_batch,
)
from eostui.problems.data.cifar10_download import download
from eostui.problems.dataset import Dataset, standardise
from eostui.problems.datasets import Progress
from eostui.problems.errors import DataError

SUBSET = "cifar10_5k_1k.npz"
SUBSET_IMAGES = 5_000
TRAIN_IMAGES = 50_000
STATISTICS = "cifar10_pixel_stats.npz"

Statistics = tuple[NDArray[np.float64], NDArray[np.float64]]
Examples = tuple[NDArray[np.uint8], NDArray[np.int64]]


def load(data_dir: Path, progress: Progress, *, images: int, checksums: Mapping[str, str] = CHECKSUMS) -> Dataset:
    """The first `images` training images and the test images, (n, 3, 32, 32).

    Looks under `data_dir` for the official folder `cifar-10-batches-py`, then for `cifar10_5k_1k.npz` (the
    first 5,000 training and 1,000 test images), and else downloads the official folder there. `checksums` are
    the MD5 sums that the batches must have. Raises DataError.
    """
    official, subset = data_dir / FOLDER, data_dir / SUBSET
    if not official.is_dir() and images <= SUBSET_IMAGES and subset.is_file():
        progress(f"reading {subset.name}", None)
        train, test = _read_subset(subset)
        statistics = _read_statistics(data_dir)
        if statistics is None:
            raise DataError(
                f"{subset} needs {STATISTICS} beside it, with the pixel statistics of the full training set; "
                f"put it there, or the official {FOLDER} folder"
            )
        source = subset
    else:
        if not official.is_dir():
            download(data_dir, progress)
        train = _read_train(official, images, checksums, progress)
        test = read_batch(official, TEST_BATCH, checksums)
        statistics = _read_statistics(data_dir) or _compute_statistics(data_dir, official, checksums, progress)
        source = official
    if len(train[0]) < images:
        raise DataError(f"{source} has only {len(train[0]):,} training images, not {images:,}")
    mean, std = statistics
    return Dataset(
        x=standardise(train[0][:images], mean, std),
        y=torch.from_numpy(train[1][:images]),
        x_test=standardise(test[0], mean, std),
        y_test=torch.from_numpy(test[1]),
        classes=10,
        provenance=f"the first {images:,} training images of CIFAR-10 (Krizhevsky 2009) from {source}",
    )


def _read_train(folder: Path, images: int, checksums: Mapping[str, str], progress: Progress) -> Examples:
    """The training batches from the first on, until there are `images` or no more."""
    pixels, labels = [], []
    for i, name in enumerate(TRAIN_BATCHES):
        progress(f"reading {name}", i / len(TRAIN_BATCHES))
        batch_pixels, batch_labels = read_batch(folder, name, checksums)
        pixels.append(batch_pixels)
        labels.append(batch_labels)
        if sum(map(len, labels)) >= images:
            break
    return np.concatenate(pixels), np.concatenate(labels)


def _read_subset(path: Path) -> tuple[Examples, Examples]:
    arrays = _read_arrays(path, {"x_train": (32, 32, 3), "y_train": (), "x_test": (32, 32, 3), "y_test": ()})

    def examples(part: str) -> Examples:
        pixels, labels = arrays[f"x_{part}"], arrays[f"y_{part}"]
        if pixels.dtype != np.uint8 or len(pixels) != len(labels):
            raise DataError(f"{path} is damaged: x_{part} are not {len(labels):,} images of unsigned bytes")
        return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)), labels.astype(np.int64)

    return examples("train"), examples("test")


def _read_statistics(data_dir: Path) -> Statistics | None:
    """Mean and standard deviation, (3, 32, 32) in grey levels (0 to 255), or None without a file.

    The file holds them as (32, 32, 3), for images that were divided by 255.
    """
    path = data_dir / STATISTICS
    if not path.is_file():
        return None
    arrays = _read_arrays(path, {"mean": (32, 3), "std": (32, 3)})
    mean, std = (255 * arrays[name].astype(np.float64).transpose(2, 0, 1) for name in ("mean", "std"))
    if not (np.isfinite(mean).all() and np.isfinite(std).all() and (std > 0).all()):
        raise DataError(f"{path} is damaged: means must be finite and standard deviations positive; delete it")
    return mean, std


def _compute_statistics(data_dir: Path, folder: Path, checksums: Mapping[str, str], progress: Progress) -> Statistics:
    """The statistics of the full training set, also kept in a file of `data_dir` for the next time."""
    pixels, _ = _read_train(folder, TRAIN_IMAGES, checksums, progress)
    progress("computing the mean and deviation of every pixel", None)
    # Sums of integers are exact, and a whole training set in float64 would take 1.2 GB.
    mean = pixels.sum(axis=0, dtype=np.int64) / len(pixels)
    squares = sum(np.square(part, dtype=np.int64).sum(axis=0) for part in np.array_split(pixels, 50))
    std = np.sqrt(squares / len(pixels) - mean**2)
    _keep(data_dir / STATISTICS, mean=mean.transpose(1, 2, 0) / 255, std=std.transpose(1, 2, 0) / 255)
    return mean, std


def _keep(path: Path, mean: NDArray[np.float64], std: NDArray[np.float64]) -> None:
    """Write `path` whole or not at all: a read-only directory costs the time again, no more."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with partial.open("wb") as file:
            np.savez(file, mean=mean, std=std)
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)


def _read_arrays(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, NDArray[Any]]:
    """The named arrays of an npz file; each must have its shape after the first axis."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in shapes}
    except KeyError as error:
        raise DataError(f"{path} is not what its name says: {error}") from error
    except Exception as error:  # zipfile, zlib and numpy each have their own ways to say "damaged"
        raise DataError(f"cannot read {path}: {type(error).__name__}: {error}") from error
    for name, shape in shapes.items():
        if arrays[name].shape[1:] != shape:
            raise DataError(f"{path} is damaged: {name} has shape {arrays[name].shape}, not (…, {shape})")
    return arrays
