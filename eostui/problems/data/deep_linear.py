"""The regression that deep linear networks are trained on (Cohen et al. 2021)."""

from __future__ import annotations

import math
from pathlib import Path

import torch

from eostui.problems.dataset import Dataset
from eostui.problems.datasets import Progress

SIZE = 50
"""Examples, inputs and outputs."""


def load(_data_dir: Path, progress: Progress) -> Dataset:
    """x = √n Q, (n, n), with the orthogonal factor Q of a Gaussian matrix, and y = x Aᵀ, (n, n), with A Gaussian.

    The inputs are white, (1/n) xᵀx = I, so the loss is ½‖W − A‖² in the product W of the network's weights. Examples
    to test on would add nothing, and there are none.
    """
    progress("drawing the matrix of the deep linear task", None)
    generator = torch.Generator().manual_seed(0)
    q, _ = torch.linalg.qr(torch.randn(SIZE, SIZE, generator=generator).double())
    x = math.sqrt(SIZE) * q
    a = torch.randn(SIZE, SIZE, generator=generator).double()
    return Dataset(
        x=x.float(),
        y=(x @ a.T).float(),
        x_test=None,
        y_test=None,
        classes=None,
        provenance="orthogonal inputs and a Gaussian matrix (Cohen et al. 2021), drawn from seed 0",
    )
