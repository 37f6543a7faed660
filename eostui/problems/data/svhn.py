"""SVHN, cropped digits (Netzer et al. 2011), standardised for each pixel coordinate by the full training set."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from scipy.io import loadmat

from eostui.problems.data.download import Archive, Source, download
from eostui.problems.data.images import CLASSES, Examples, image_dataset, pixel_statistics
from eostui.problems.data.verified import read_verified
from eostui.problems.dataset import Dataset
from eostui.problems.datasets import Progress
from eostui.problems.errors import DataError

TRAIN, TEST = "train_32x32.mat", "test_32x32.mat"

OFFICIAL = Source(
    title="SVHN",
    folder="svhn",
    archives=(
        Archive(f"http://ufldl.stanford.edu/housenumbers/{TRAIN}", "e26dedcc434d2e4c54c9b2d4a06d8373", 182_040_794),
        Archive(f"http://ufldl.stanford.edu/housenumbers/{TEST}", "eb5a983be6a315427106f1b164d9cef3", 64_275_384),
    ),
    by_hand=f"the official {TRAIN} and {TEST}",
)

CHECKSUMS: Mapping[str, str] = MappingProxyType(
    {name: archive.md5 for name, archive in zip((TRAIN, TEST), OFFICIAL.archives, strict=True)}
)
"""The MD5 sums that torchvision publishes."""


def load(
    data_dir: Path,
    progress: Progress,
    *,
    images: int,
    classes: int = CLASSES,
    checksums: Mapping[str, str] = CHECKSUMS,
) -> Dataset:
    """The first `images` training images of the first `classes` classes and the test images of these, (n, 3, 32, 32).

    Class c is the digit c. With two classes the targets are the signs −1 (zero) and +1 (one), (n, 1). Looks for the
    official files in `data_dir` and in its folder `svhn`, and downloads them into that folder where they are missing.
    `checksums` are the MD5 sums that they must have. Raises DataError.
    """
    folder = _find(data_dir)
    if folder is None:
        download(OFFICIAL, data_dir, progress)
        folder = data_dir / OFFICIAL.folder
    progress(f"reading {TRAIN}", None)
    train = _read(folder / TRAIN, checksums[TRAIN])
    progress(f"reading {TEST}", None)
    test = _read(folder / TEST, checksums[TEST])
    progress("computing the mean and deviation of every pixel", None)
    return image_dataset(
        train,
        test,
        pixel_statistics(train[0]),
        images=images,
        classes=classes,
        title="SVHN (Netzer et al. 2011)",
        source=folder,
    )


def _find(data_dir: Path) -> Path | None:
    """The folder with the training file; None without one. torchvision keeps the file directly in `data_dir`."""
    return next((folder for folder in (data_dir / OFFICIAL.folder, data_dir) if (folder / TRAIN).is_file()), None)


def _read(path: Path, checksum: str) -> Examples:
    """The images and labels of a file, in their order. The file's label 10 is the digit zero and becomes class 0."""
    again = f"delete {path.parent / TRAIN} and {TEST} to have them downloaded anew"
    content = read_verified(path, checksum, again)
    try:
        arrays = loadmat(io.BytesIO(content), variable_names=["X", "y"])
        pixels, labels = arrays["X"].transpose(3, 2, 0, 1), arrays["y"][:, 0].astype(np.int64) % CLASSES
    except Exception as error:  # scipy raises many errors for a file that is not one of MATLAB's
        raise DataError(f"{path} is not a file of SVHN: {type(error).__name__}: {error}") from error
    if pixels.dtype != np.uint8 or pixels.shape != (len(labels), 3, 32, 32) or arrays["y"].max(initial=0) > CLASSES:
        raise DataError(f"{path} is not a file of SVHN: its images and labels do not have the right shapes")
    return pixels, labels
