"""A data set in memory: standardised inputs and their targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class Dataset:
    """Training and test examples.

    x:          inputs, (n, ...) floating point; the data sets of the catalogue give standardised float32
    y:          targets: class numbers, (n,) int64, or numbers to regress on, (n, ...) floating point
    x_test:     the same for testing, None where there is nothing to test on
    y_test:     None exactly where x_test is None
    classes:    how many classes there are; None for regression
    provenance: where the examples came from, in words
    """

    x: Tensor
    y: Tensor
    x_test: Tensor | None
    y_test: Tensor | None
    classes: int | None
    provenance: str


def standardise(pixels: NDArray[np.uint8], mean: NDArray[np.float64], std: NDArray[np.float64]) -> Tensor:
    """(pixels − mean) / std for every coordinate by itself, as float32.

    pixels is (n, channels, height, width); mean and std are (channels, height, width) in the same unit. A
    coordinate that never varies (std = 0: the blank corner of a scanned digit) is centred and left at that.
    """
    x = pixels.astype(np.float32)
    # In place: the full CIFAR-10 is 614 MB in float32 and must not be held twice.
    x -= mean.astype(np.float32)
    x /= np.where(std == 0, 1.0, std).astype(np.float32)
    return torch.from_numpy(x)
