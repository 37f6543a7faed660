"""The residual networks for CIFAR: their depths and their shortcuts."""

import pytest
import torch
from torch import nn

from eostui.problems.errors import ProblemError
from eostui.problems.networks.resnet import Block, ResNet

CIFAR = (3, 32, 32)


@pytest.mark.parametrize(
    ("depth", "parameters"), [(20, 269_722), (32, 464_154), (44, 658_586), (56, 853_018), (110, 1_727_962)]
)
def test_every_depth_of_the_paper_has_its_number_of_layers_and_parameters(depth: int, parameters: int) -> None:
    model = ResNet(CIFAR, 10, depth=depth)
    assert sum(isinstance(layer, nn.Conv2d | nn.Linear) for layer in model.modules()) == depth
    assert sum(p.numel() for p in model.parameters()) == parameters


@pytest.mark.parametrize("depth", [-4, 2, 7, 33])
def test_other_depths_are_refused(depth: int) -> None:
    with pytest.raises(ProblemError, match=f"8, 14, 20, 26, 32, …, not {depth}$"):
        ResNet(CIFAR, 10, depth=depth)


def test_option_a_shortcuts_pass_the_input_on_where_the_branch_is_silent() -> None:
    model = ResNet(CIFAR, 10, depth=14)
    block = model.stages[2]
    assert isinstance(block, Block)
    nn.init.zeros_(block.norm2.weight)
    x = torch.rand(2, 16, 8, 8)
    y = block(x)
    assert torch.equal(y[:, 8:24], x[:, :, ::2, ::2])
    assert not y[:, :8].any()
    assert not y[:, 24:].any()
