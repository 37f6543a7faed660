"""Classes of points in Gaussian clouds: the smallest task with vectors and classes."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from eostui.problems.dataset import Dataset
from eostui.problems.datasets import Progress

TRAIN, TEST = 500, 500
CLASSES, DIMENSIONS = 4, 10
SPREAD = 1.0
"""Standard deviation of the centres in every coordinate. That of a cloud about its centre is 1."""


def load(_data_dir: Path, progress: Progress) -> Dataset:
    """500 points to train on and 500 to test on, (n, 10), of 4 classes in turn, each a cloud about a centre.

    Every coordinate is standardised by the training points.
    """
    progress("drawing clouds of points", None)
    generator = torch.Generator().manual_seed(0)
    centres = SPREAD * torch.randn(CLASSES, DIMENSIONS, generator=generator)

    def points(n: int) -> tuple[Tensor, Tensor]:
        y = torch.arange(n) % CLASSES
        return centres[y] + torch.randn(n, DIMENSIONS, generator=generator), y

    (x, y), (x_test, y_test) = points(TRAIN), points(TEST)
    mean, std = x.mean(dim=0), x.std(dim=0, correction=0)
    return Dataset(
        x=(x - mean) / std,
        y=y,
        x_test=(x_test - mean) / std,
        y_test=y_test,
        classes=CLASSES,
        provenance=f"{CLASSES} Gaussian clouds in {DIMENSIONS} dimensions, drawn from seed 0",
    )
