"""Real CIFAR-10 images put into files as the official ones are: Python 2 pickles, protocol 2."""

from __future__ import annotations

import hashlib
import pickle
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eostui.problems.data.cifar10_batches import TEST_BATCH, TRAIN_BATCHES

IMAGES = 100


def python2_batch(pixels: NDArray[np.uint8], labels: list[int]) -> bytes:
    """The stream that Python 2's cPickle wrote: byte strings, and numpy's module by its old name."""

    def text(value: bytes) -> bytes:
        return b"U" + bytes([len(value)]) + value

    def integer(value: int) -> bytes:
        return b"J" + struct.pack("<i", value)

    empty = b"cnumpy.core.multiarray\n_reconstruct\n" + b"cnumpy\nndarray\n" + b"K\x00\x85" + text(b"b") + b"\x87R"
    dtype = b"cnumpy\ndtype\n" + text(b"u1") + b"K\x00K\x01\x87R(K\x03" + text(b"|") + b"NNN" + integer(-1) * 2
    content = pixels.tobytes()
    state = b"(K\x01" + integer(pixels.shape[0]) + integer(pixels.shape[1]) + b"\x86" + dtype + b"K\x00tb\x89"
    array = empty + state + b"T" + struct.pack("<i", len(content)) + content + b"tb"
    numbers = b"](" + b"".join(integer(label) for label in labels) + b"e"
    items = text(b"batch_label") + text(b"a batch") + text(b"labels") + numbers + text(b"data") + array
    return b"\x80\x02}(" + items + b"u."


def write_official(folder: Path, images: Path) -> dict[str, str]:
    """Five training batches and a test batch of 100 real images each; their MD5 sums by name."""
    folder.mkdir(parents=True)
    with np.load(images) as arrays:
        x, y = arrays["x_train"], arrays["y_train"]
        parts = [(x[i : i + IMAGES], y[i : i + IMAGES]) for i in range(0, 5 * IMAGES, IMAGES)]
        parts.append((arrays["x_test"][:IMAGES], arrays["y_test"][:IMAGES]))
    checksums = {}
    for name, (pixels, labels) in zip((*TRAIN_BATCHES, TEST_BATCH), parts, strict=True):
        rows = pixels.transpose(0, 3, 1, 2).reshape(IMAGES, -1)
        checksums[name] = put(folder / name, python2_batch(rows, labels.tolist()))
    return checksums


def put(path: Path, content: bytes) -> str:
    """Write a file; its MD5 sum."""
    path.write_bytes(content)
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def python3_batch(**entries: object) -> bytes:
    """A batch as someone would write it today."""
    return pickle.dumps(entries, protocol=4)
