"""Norms in plain operations: torch's values, and third derivatives that are right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from eostui.problems.networks.batch_norm import BatchNorm
from eostui.problems.networks.layer_norm import LayerNorm
from tests.problems.third_derivative import error_of_third_derivative


@dataclass(frozen=True)
class Norm:
    """How to make our norm and torch's, and input shapes: `shape` to compare them, `small` to differentiate ours."""

    ours: Callable[[], nn.Module]
    torchs: Callable[[], nn.Module]
    shape: tuple[int, ...]
    small: tuple[int, ...]


NORMS = {
    "batch norm": Norm(lambda: BatchNorm(3), lambda: nn.BatchNorm2d(3), shape=(4, 3, 5, 5), small=(4, 3, 2, 2)),
    "layer norm": Norm(lambda: LayerNorm(5), lambda: nn.LayerNorm(5), shape=(4, 6, 5), small=(4, 5)),
}


@pytest.mark.parametrize("norm", NORMS.values(), ids=NORMS.keys())
def test_it_gives_what_torchs_own_gives(norm: Norm) -> None:
    torch.manual_seed(0)
    ours, torchs = norm.ours().double(), norm.torchs().double()
    for layer in (ours, torchs):
        nn.init.constant_(layer.get_parameter("weight"), 1.5)
        nn.init.constant_(layer.get_parameter("bias"), -0.5)
    x = 3 + 2 * torch.randn(norm.shape, dtype=torch.float64)
    torch.testing.assert_close(ours(x), torchs(x))


@pytest.mark.parametrize("norm", NORMS.values(), ids=NORMS.keys())
def test_its_third_derivative_is_the_derivative_of_its_second(norm: Norm) -> None:
    torch.manual_seed(0)
    assert error_of_third_derivative(norm.ours().double(), torch.randn(norm.small, dtype=torch.float64)) < 1e-7
