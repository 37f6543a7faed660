"""Your own data: a function without arguments that returns tensors, (x, y) or ((x, y), (x_test, y_test)).

    eostui run --arch examples/own_model.py:model --data examples/own_data.py:chebyshev --loss mse --lr 0.2

Targets that are floating point are regressed on and have the shape of the outputs; integer targets are class
numbers, one for each example.
"""

import torch
from torch import Tensor

DEGREE = 4


def chebyshev() -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """20 points of a Chebyshev polynomial on [-1, 1] (Cohen et al. 2021), and 200 between them to test on."""
    return _points(20), _points(200)


def _points(n: int) -> tuple[Tensor, Tensor]:
    x = torch.linspace(-1, 1, n).unsqueeze(1)  # (n, 1): one row for each example
    return x, torch.cos(DEGREE * torch.acos(x))
