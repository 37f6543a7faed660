"""The handwritten digits that ship with eostui (ATTRIBUTION.md): real data without a network."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import torch

from eostui.problems.dataset import Dataset, standardise
from eostui.problems.datasets import Progress

# Neighbouring rows are often by the same hand, so the split is by position: most test digits are then by writers that
# the training never saw. (Drawn at random it is easier: the nearest neighbour is right for 99 %, not 95 %.)
TRAIN = 1_500


def load(_data_dir: Path, progress: Progress) -> Dataset:
    """The first 1,500 digits to train on, the last 297 to test on, (n, 1, 8, 8).

    Every pixel coordinate is standardised by the training digits.
    """
    progress("reading the handwritten digits", None)
    with (
        as_file(files("eostui.problems.data") / "digits_8x8.npz") as path,
        np.load(path, allow_pickle=False) as arrays,
    ):
        pixels, labels = arrays["x"][:, None], torch.from_numpy(arrays["y"].astype(np.int64))
    mean, std = pixels[:TRAIN].mean(axis=0, dtype=np.float64), pixels[:TRAIN].std(axis=0, dtype=np.float64)
    return Dataset(
        x=standardise(pixels[:TRAIN], mean, std),
        y=labels[:TRAIN],
        x_test=standardise(pixels[TRAIN:], mean, std),
        y_test=labels[TRAIN:],
        classes=10,
        provenance="handwritten digits (Alpaydin & Kaynak 1998, CC BY 4.0), shipped with eostui",
    )
