"""A data set in memory: standardised inputs and their targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from eostui.objective.model_call import Inputs

IGNORED = -100
"""The class number of the positions in a sequence that loss and accuracy leave out, as in torch's `cross_entropy`."""


@dataclass(frozen=True)
class Dataset:
    """Training and test examples.

    x:          inputs: (n, ...) floating point (the data sets of the catalogue give standardised float32), (n, T)
                int64 tokens, or a dictionary of tensors, which become the model's keyword arguments
    y:          targets: class numbers, (n,) int64, one for every position of a sequence, (n, T) int64, or numbers to
                regress on, (n, ...) floating point; None where a model that computes its own loss finds them in x
    x_test:     inputs to test on; None where there are none
    y_test:     their targets; None where x_test is None
    classes:    how many classes there are; None for regression. With 2 classes, y may be the signs ±1, (n, 1)
    provenance: where the examples came from, in words
    vocabulary: how many different tokens there are; None for inputs that are not tokens
    """

    x: Inputs
    y: Tensor | None
    x_test: Inputs | None
    y_test: Tensor | None
    classes: int | None
    provenance: str
    vocabulary: int | None = None


def standardise(pixels: NDArray[np.uint8], mean: NDArray[np.float64], std: NDArray[np.float64]) -> Tensor:
    """(pixels − mean) / std for every coordinate by itself, as float32.

    pixels is (n, channels, height, width); mean and std are (channels, height, width) in the same unit. A coordinate
    that never varies (std = 0), such as the blank corner of a scanned digit, carries no information. It becomes 0,
    even if a test image has another value there.
    """
    x = pixels.astype(np.float32, order="C")
    # In place: SVHN is 900 MB in float32 and must not be held twice.
    x -= mean.astype(np.float32)
    x /= np.where(std == 0, np.inf, std).astype(np.float32)
    return torch.from_numpy(x)
