"""Real images put into files as the official ones of MNIST and SVHN are."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np
import scipy.io
from numpy.typing import NDArray

from eostui.problems.data.mnist import TEST_FILES, TRAIN_FILES
from eostui.problems.data.svhn import TEST, TRAIN
from tests.problems.official_cifar import put


def idx(array: NDArray[np.uint8]) -> bytes:
    """An array in the format of MNIST: two zero bytes, 8 for unsigned bytes, the axes and their lengths, the bytes."""
    lengths = b"".join(length.to_bytes(4, "big") for length in array.shape)
    return bytes([0, 0, 8, array.ndim]) + lengths + array.tobytes()


def write_mnist(folder: Path, images: Path, *, packed: bool = True) -> None:
    """500 + 100 images of CIFAR-10, grey and 28×28, in the four files of MNIST, with .gz or unpacked."""
    folder.mkdir(parents=True)
    with np.load(images) as arrays:
        for (pixels, labels), part in ((TRAIN_FILES, "train"), (TEST_FILES, "test")):
            grey = arrays[f"x_{part}"][:, 2:30, 2:30, 1]
            for name, array in ((pixels, grey), (labels, arrays[f"y_{part}"])):
                if packed:
                    (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array), compresslevel=1))
                else:
                    (folder / name).write_bytes(idx(array))


def matlab(**arrays: object) -> bytes:
    """A file as MATLAB 5 writes them, compressed as the official ones are."""
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, arrays, do_compression=True)
    return buffer.getvalue()


def write_svhn(folder: Path, images: Path) -> dict[str, str]:
    """500 + 100 images of CIFAR-10 in the two files of SVHN, where class 0 is called 10; their MD5 sums by name."""
    folder.mkdir(parents=True, exist_ok=True)
    checksums = {}
    with np.load(images) as arrays:
        for name, part in ((TRAIN, "train"), (TEST, "test")):
            pixels, labels = arrays[f"x_{part}"].transpose(1, 2, 3, 0), arrays[f"y_{part}"].copy()
            labels[labels == 0] = 10
            checksums[name] = put(folder / name, matlab(X=pixels, y=labels[:, None]))
    return checksums
