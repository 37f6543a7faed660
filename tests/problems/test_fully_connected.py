"""Fully connected networks: the weights that a seed has always given."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from eostui.problems.criteria import mse
from eostui.problems.data.cifar10 import load
from eostui.problems.datasets import DATASETS
from eostui.problems.networks.fully_connected import FullyConnected
from tests.problems.building import to_train_on


def build(shape: tuple[int, ...], *, width: int, depth: int) -> FullyConnected:
    torch.manual_seed(0)
    return FullyConnected(shape, 10, width=width, depth=depth, activation="tanh")


def test_weights_are_drawn_layer_by_layer() -> None:
    model = build((3, 4), width=5, depth=2)
    torch.manual_seed(0)
    expected = [nn.Linear(12, 5), nn.Linear(5, 5), nn.Linear(5, 10)]
    parameters = [p for layer in expected for p in layer.parameters()]
    assert all(torch.equal(p, q) for p, q in zip(model.parameters(), parameters, strict=True))


def test_seed_0_starts_at_the_loss_that_the_authors_code_starts_at(shared_data: Path) -> None:
    data = load(shared_data, lambda _text, _fraction: None, **DATASETS["cifar10-5k"].options)
    x, y = to_train_on(data)
    model = build((3, 32, 32), width=200, depth=2)
    with torch.no_grad():
        assert float(mse(model(x), y)) == pytest.approx(0.5968, abs=5e-5)


@pytest.mark.parametrize(("width", "depth"), [(7, 1), (3, 4)])
def test_width_and_depth_are_those_of_the_hidden_layers(width: int, depth: int) -> None:
    layers = [layer for layer in build((6,), width=width, depth=depth) if isinstance(layer, nn.Linear)]
    assert [layer.out_features for layer in layers] == [width] * depth + [10]
