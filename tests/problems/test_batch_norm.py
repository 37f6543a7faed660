"""Batch norm in plain operations: torch's values, and third derivatives that are right."""

import torch
from torch import nn

from eostui.problems.networks.batch_norm import BatchNorm
from tests.problems.third_derivative import error_of_third_derivative


def test_it_gives_what_torchs_own_gives_in_training() -> None:
    torch.manual_seed(0)
    ours, torchs = BatchNorm(3).double(), nn.BatchNorm2d(3).double()
    for layer in (ours, torchs):
        nn.init.constant_(layer.weight, 1.5)
        nn.init.constant_(layer.bias, -0.5)
    x = 3 + 2 * torch.randn(4, 3, 5, 5, dtype=torch.float64)
    torch.testing.assert_close(ours(x), torchs(x))


def test_its_third_derivative_is_the_derivative_of_its_second() -> None:
    torch.manual_seed(0)
    assert error_of_third_derivative(BatchNorm(3).double(), torch.randn(4, 3, 2, 2, dtype=torch.float64)) < 1e-7
