"""CIFAR-10 (Krizhevsky 2009), standardised for each pixel coordinate by the full training set."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eostui.problems.data.cifar10_batches import (
    CHECKSUMS,
    FOLDER,
    TEST_BATCH,
    TRAIN_BATCHES,
    read_batch,
)
from eostui.problems.data.download import Archive, Source, download
from eostui.problems.data.images import (
    CLASSES,
    Examples,
    Statistics,
    first,
    image_dataset,
    pixel_statistics,
)
from eostui.problems.dataset import Dataset
from eostui.problems.datasets import Progress
from eostui.problems.errors import DataError

SUBSET = "cifar10_5k_1k.npz"
SUBSET_IMAGES = 5_000
TRAIN_IMAGES = 50_000
STATISTICS = "cifar10_pixel_stats.npz"

OFFICIAL = Source(
    title="CIFAR-10",
    folder=FOLDER,
    archives=(
        Archive(
            url="https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
            md5="c58f30108f718f92721af3b95e74349a",
            size=170_498_071,
        ),
    ),
    by_hand=f"the official {FOLDER} folder",
)


@dataclass(frozen=True)
class _Read:
    """Training images, all test images, the statistics, and the file or folder that they were read from."""

    train: Examples
    test: Examples
    statistics: Statistics
    source: Path


def load(
    data_dir: Path,
    progress: Progress,
    *,
    images: int,
    classes: int = CLASSES,
    checksums: Mapping[str, str] = CHECKSUMS,
) -> Dataset:
    """The first `images` training images of the first `classes` classes and the test images of these, (n, 3, 32, 32).

    With two classes the targets are the signs −1 (aeroplane) and +1 (automobile), (n, 1).

    Looks under `data_dir` for the official folder `cifar-10-batches-py`, then for `cifar10_5k_1k.npz` (the first 5,000
    training and 1,000 test images). Where neither exists, it downloads the official folder there. `checksums` are the
    MD5 sums that the batches must have. Raises DataError.

    The code of Cohen et al. 2024 (central flows) draws its subset in another way. It takes the first n/C images of each
    of the C classes, which makes the classes exactly even. It standardises each of the three channels instead of each
    pixel coordinate. It shuffles the images, which makes no difference to full batches. With two classes it has the
    same signs.
    """
    read = _read_subset(data_dir, images, classes, progress) or _read_official(
        data_dir, images, classes, checksums, progress
    )
    return image_dataset(
        read.train,
        read.test,
        read.statistics,
        images=images,
        classes=classes,
        title="CIFAR-10 (Krizhevsky 2009)",
        source=read.source,
    )


def _read_official(
    data_dir: Path, images: int, classes: int, checksums: Mapping[str, str], progress: Progress
) -> _Read:
    """Read the official folder, and download it first where it is missing."""
    official = data_dir / FOLDER
    if not official.is_dir():
        download(OFFICIAL, data_dir, progress)
    return _Read(
        train=_read_train(official, images, classes, checksums, progress),
        test=read_batch(official, TEST_BATCH, checksums),
        statistics=_read_statistics(data_dir) or _compute_statistics(data_dir, official, checksums, progress),
        source=official,
    )


def _read_train(folder: Path, images: int, classes: int, checksums: Mapping[str, str], progress: Progress) -> Examples:
    """The training batches from the first on, as many as it takes to have `images` of the first `classes` classes."""
    pixels, labels, found = [], [], 0
    for i, name in enumerate(TRAIN_BATCHES):
        progress(f"reading {name}", i / len(TRAIN_BATCHES))
        batch_pixels, batch_labels = read_batch(folder, name, checksums)
        pixels.append(batch_pixels)
        labels.append(batch_labels)
        found += int(np.count_nonzero(batch_labels < classes))
        if found >= images:
            break
    return np.concatenate(pixels), np.concatenate(labels)


def _read_subset(data_dir: Path, images: int, classes: int, progress: Progress) -> _Read | None:
    """Read the small file; None where the official folder exists, or where the file cannot have enough images."""
    path = data_dir / SUBSET
    if (data_dir / FOLDER).is_dir() or images > SUBSET_IMAGES or not path.is_file():
        return None
    progress(f"reading {SUBSET}", None)
    arrays = _read_arrays(path, {"x_train": (32, 32, 3), "y_train": (), "x_test": (32, 32, 3), "y_test": ()})

    def examples(part: str) -> Examples:
        pixels, labels = arrays[f"x_{part}"], arrays[f"y_{part}"]
        if pixels.dtype != np.uint8 or len(pixels) != len(labels):
            raise DataError(f"{path} is damaged: x_{part} are not {len(labels):,} images of unsigned bytes")
        if labels.dtype.kind not in "ui" or labels.min(initial=0) < 0 or labels.max(initial=0) >= CLASSES:
            raise DataError(f"{path} is damaged: y_{part} are not class numbers from 0 to {CLASSES - 1}")
        return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)), labels.astype(np.int64)

    train, test = examples("train"), examples("test")
    if len(first(train, images, classes)[0]) < images and len(train[0]) == SUBSET_IMAGES:
        return None
    statistics = _read_statistics(data_dir)
    if statistics is None:
        raise DataError(
            f"{path} needs {STATISTICS} beside it, with the pixel statistics of the full training set; "
            f"put it there, or the official {FOLDER} folder"
        )
    return _Read(train, test, statistics, path)


def _read_statistics(data_dir: Path) -> Statistics | None:
    """Mean and standard deviation, (3, 32, 32) in grey levels (0 to 255); None without a file.

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
    """The statistics of the full training set. They are also written to a file in `data_dir` for the next time."""
    pixels, _ = _read_train(folder, TRAIN_IMAGES, CLASSES, checksums, progress)
    progress("computing the mean and deviation of every pixel", None)
    mean, std = pixel_statistics(pixels)
    _keep(data_dir / STATISTICS, mean=mean.transpose(1, 2, 0) / 255, std=std.transpose(1, 2, 0) / 255)
    return mean, std


def _keep(path: Path, mean: NDArray[np.float64], std: NDArray[np.float64]) -> None:
    """Write `path` completely or not at all. In a read-only directory the next run computes the statistics again."""
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
        raise DataError(f"{path} lacks an array: {error}; replace it or delete it") from error
    except Exception as error:  # zipfile, zlib and numpy each raise their own errors for a damaged file
        raise DataError(f"cannot read {path}: {type(error).__name__}: {error}") from error
    for name, shape in shapes.items():
        if arrays[name].shape[1:] != shape:
            raise DataError(f"{path} is damaged: {name} has shape {arrays[name].shape}, not (…, {shape})")
    return arrays
