"""MNIST (LeCun, Cortes & Burges 1998) and Fashion-MNIST (Xiao, Rasul & Vollgraf 2017), which has its format.

Images are standardised for each pixel coordinate by the full training set.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from eostui.problems.data.download import Archive, Source, download
from eostui.problems.data.images import CLASSES, Examples, image_dataset, pixel_statistics
from eostui.problems.dataset import Dataset
from eostui.problems.datasets import Progress
from eostui.problems.errors import DataError

TRAIN_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
TEST_FILES = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
COUNTS = (60_000, 10_000)
"""Images to train and to test on."""

_PIXELS = (28, 28)


def _source(title: str, folder: str, host: str, archives: tuple[tuple[str, int], ...]) -> Source:
    names = (*TRAIN_FILES, *TEST_FILES)
    return Source(
        title=title,
        folder=folder,  # where torchvision keeps them, so that its users need no second copy
        archives=tuple(
            Archive(f"{host}{name}.gz", md5, size) for name, (md5, size) in zip(names, archives, strict=True)
        ),
        by_hand=f"its four files ({names[0]}.gz, …), in a folder {folder},",
    )


SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        "mnist": _source(
            "MNIST",
            "MNIST/raw",
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            (
                ("f68b3c2dcbeaaa9fbdd348bbdeb94873", 9_912_422),
                ("d53e105ee54ea40749a09fcbcd1e9432", 28_881),
                ("9fb629c4189551a2d022fa330f9573f3", 1_648_877),
                ("ec29112dd5afa0611ce80d1b7f02629c", 4_542),
            ),
        ),
        "fashion-mnist": _source(
            "Fashion-MNIST",
            "FashionMNIST/raw",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            (
                ("8d4fb7e6c68d591d4c3dfef9ec88bf0d", 26_421_880),
                ("25c81989df183df01b3e8a0aad5dffbe", 29_515),
                ("bef4ecab320f06d8554ea6380940ec79", 4_422_102),
                ("bb300cfdad3c16e7a12a480ee83cd310", 5_148),
            ),
        ),
    }
)
"""The files with the MD5 sums that torchvision publishes."""


def load(
    data_dir: Path,
    progress: Progress,
    *,
    name: str,
    images: int,
    classes: int = CLASSES,
    counts: tuple[int, int] = COUNTS,
) -> Dataset:
    """The first `images` training images of the first `classes` classes and the test images of these, (n, 1, 28, 28).

    `name` is "mnist" or "fashion-mnist". With two classes the targets are the signs −1 and +1, (n, 1). Looks under
    `data_dir` for the folder `MNIST/raw` or `FashionMNIST/raw`, with the four files packed (.gz) or not. Downloads the
    folder where it is missing. `counts` are the numbers of training and test images that the files must have. Raises
    DataError.
    """
    source = SOURCES[name]
    folder = data_dir / source.folder
    if not folder.is_dir():
        download(source, data_dir, progress)
    progress(f"reading {source.title}", None)
    train, test = (
        _read_examples(folder, names, count) for names, count in zip((TRAIN_FILES, TEST_FILES), counts, strict=True)
    )
    return image_dataset(
        train,
        test,
        pixel_statistics(train[0]),
        images=images,
        classes=classes,
        title=source.title,
        source=folder,
    )


def _read_examples(folder: Path, names: tuple[str, str], count: int) -> Examples:
    pixels = _read_idx(folder, names[0], (count, *_PIXELS))
    labels = _read_idx(folder, names[1], (count,))
    if labels.max(initial=0) >= CLASSES:
        raise DataError(f"{folder / names[1]} is damaged: it has the label {labels.max()}, but labels are from 0 to 9")
    return pixels[:, None], labels.astype(np.int64)


def _read_idx(folder: Path, name: str, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """An array of unsigned bytes in the format of these files.

    The format is two zero bytes, the type (8), the number of axes, the length of every axis as a big-endian 32-bit
    integer, and the bytes row by row.
    """
    path = folder / name
    if not path.is_file():
        path = folder / f"{name}.gz"
    again = f"delete {folder} to have it downloaded anew"
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
    except FileNotFoundError:
        raise DataError(f"{path} is missing: {again}") from None
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"cannot read {path}: {error}; {again}") from error
    header = struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape)
    expected = len(header) + int(np.prod(shape))
    if not content.startswith(header) or len(content) != expected:
        raise DataError(
            f"{path} is damaged: an array of shape {shape} has {expected:,} bytes and starts with {header.hex()}, but "
            f"this has {len(content):,} and starts with {content[: len(header)].hex()}; {again}"
        )
    return np.frombuffer(content, np.uint8, offset=len(header)).reshape(shape)
