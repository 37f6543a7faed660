"""The handwritten digits that ship with eostui (ATTRIBUTION.md): real data without a network."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from eostui.problems.data.images import CLASSES, image_dataset
from eostui.problems.dataset import Dataset
from eostui.problems.datasets import Progress

# Neighbouring rows are often by the same hand. The split is by position, so most test digits are by writers that are
# not in the training set. A random split is easier: the nearest neighbour is right for 99 % instead of 95 %.
TRAIN = 1_500


def load(_data_dir: Path, progress: Progress, *, images: int = TRAIN, classes: int = CLASSES) -> Dataset:
    """The first `images` of the 1,500 digits to train on, and the last 297 to test on, (n, 1, 8, 8).

    Only digits of the first `classes` classes are taken. With two classes the targets are the signs −1 (zero) and +1
    (one), (n, 1). Every pixel coordinate is standardised by all 1,500 training digits.
    """
    progress("reading the handwritten digits", None)
    with (
        as_file(files("eostui.problems.data") / "digits_8x8.npz") as path,
        np.load(path, allow_pickle=False) as arrays,
    ):
        pixels, labels = arrays["x"][:, None], arrays["y"].astype(np.int64)
    mean, std = pixels[:TRAIN].mean(axis=0, dtype=np.float64), pixels[:TRAIN].std(axis=0, dtype=np.float64)
    return image_dataset(
        (pixels[:TRAIN], labels[:TRAIN]),
        (pixels[TRAIN:], labels[TRAIN:]),
        (mean, std),
        images=images,
        classes=classes,
        title="handwritten digits (Alpaydin & Kaynak 1998, CC BY 4.0)",
        source="the package itself",
    )
