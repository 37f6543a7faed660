"""Chebyshev polynomials to be fitted (Cohen et al. 2021)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from eostui.problems.dataset import Dataset
from eostui.problems.datasets import Progress

TRAIN, TEST = 20, 200


def load(_data_dir: Path, progress: Progress, *, degree: int) -> Dataset:
    """20 even points on [−1, 1] to train on and 200 to test on, (n, 1), with y = T_D(x) = cos(D arccos x), (n, 1)."""
    progress(f"computing the Chebyshev polynomial of degree {degree}", None)

    def points(n: int) -> tuple[torch.Tensor, torch.Tensor]:
        x = np.linspace(-1, 1, n)[:, None]
        return torch.from_numpy(x).float(), torch.from_numpy(np.cos(degree * np.arccos(x))).float()

    x, y = points(TRAIN)
    x_test, y_test = points(TEST)
    return Dataset(x, y, x_test, y_test, classes=None, provenance=f"the Chebyshev polynomial of degree {degree}")
