"""What all sets of labelled images share: the choice of images, and how they are standardised."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from eostui.problems.dataset import Dataset, standardise
from eostui.problems.errors import DataError

CLASSES = 10
"""Each of these data sets has ten classes."""

Examples = tuple[NDArray[np.uint8], NDArray[np.int64]]
"""Pixels (n, channels, height, width) and class numbers (n,), in the order of the files."""

Statistics = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Mean and standard deviation of every pixel coordinate, (channels, height, width), in grey levels."""


def first(examples: Examples, images: int, classes: int) -> Examples:
    """The first `images` images of the first `classes` classes; all of them where there are fewer."""
    pixels, labels = examples
    if classes == CLASSES:
        return pixels[:images], labels[:images]
    chosen = np.flatnonzero(labels < classes)[:images]
    return pixels[chosen], labels[chosen]


def pixel_statistics(pixels: NDArray[np.uint8]) -> Statistics:
    """The statistics of a whole training set, exact to rounding."""
    # Sums of integers are exact. A whole training set in float64 would take 1.2 GB and more.
    mean = pixels.sum(axis=0, dtype=np.int64) / len(pixels)
    squares = sum(np.square(part, dtype=np.int64).sum(axis=0) for part in np.array_split(pixels, 50))
    return mean, np.sqrt(squares / len(pixels) - mean**2)


def image_dataset(
    train: Examples,
    test: Examples,
    statistics: Statistics,
    *,
    images: int,
    classes: int,
    title: str,
    source: Path | str,
) -> Dataset:
    """The first `images` training images of the first `classes` classes, and all test images of these, standardised.

    Targets are class numbers; with two classes they are the signs −1 and +1, (n, 1). `title` and `source` are for the
    provenance. Raises DataError where there are fewer images.
    """
    train, test = first(train, images, classes), first(test, len(test[1]), classes)
    of_classes = "" if classes == CLASSES else f" of the first {classes} classes"
    if len(train[0]) < images:
        raise DataError(f"{source} has only {len(train[0]):,} training images{of_classes}, not {images:,}")
    mean, std = statistics
    return Dataset(
        x=standardise(train[0], mean, std),
        y=_targets(train[1], classes),
        x_test=standardise(test[0], mean, std),
        y_test=_targets(test[1], classes),
        classes=classes,
        provenance=f"the first {images:,} training images{of_classes} of {title} from {source}",
    )


def _targets(labels: NDArray[np.int64], classes: int) -> torch.Tensor:
    if classes == 2:
        return torch.from_numpy(2 * labels - 1).float().unsqueeze(1)
    return torch.from_numpy(labels)
