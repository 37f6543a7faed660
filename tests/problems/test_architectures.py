"""The catalogue of architectures: complete, cheap, and every entry builds what it says."""

from __future__ import annotations

import subprocess
import sys

import pytest
from torch import nn

from eostui.problems.architectures import ARCHITECTURES
from eostui.problems.by_path import load_callable
from eostui.problems.datasets import find_dataset
from eostui.problems.losses import LOSSES

OUTPUTS = {
    "cifar10-5k": 10,
    "cifar10-1k-4c": 4,
    "wikitext-2-1k": 33_278,
    "sorting": 4,
    "deep-linear": 50,
    "chebyshev-5": 1,
    "one": 1,
}
"""Classes or numbers to predict in the default data sets; of texts, the vocabulary too."""


def build(name: str, **sizes: int) -> nn.Module:
    """The network for its default data set, with other sizes where they are given."""
    entry = ARCHITECTURES[name]
    data = find_dataset(entry.data)
    assert data is not None
    assert data.shape is not None
    shape, outputs, options = data.shape, OUTPUTS[entry.data], {**entry.options, **sizes}
    if entry.inputs == ("tokens",):
        options["vocabulary"] = outputs
    if name == "deep-linear":
        shape, outputs = (options["width"],), options["width"]
    model: nn.Module = load_callable(entry.build)(shape, outputs, **options)
    return model


def parameters(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def test_names_are_known_without_importing_torch() -> None:
    code = "import sys, eostui.problems.architectures; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_architectures_are_those_of_the_papers() -> None:
    assert list(ARCHITECTURES) == [
        *(f"fc-{a}" for a in ("tanh", "relu", "elu", "softplus", "hardtanh", "gelu")),
        *(f"{kind}-{a}" for kind in ("cnn", "cnn-avgpool", "cnn-bn") for a in ("tanh", "relu", "elu")),
        *("vgg11", "vgg11-bn", "resnet32", "vit", "transformer", "lstm", "deep-linear", "regression", "minimalist"),
    ]
    assert all(entry.name == name for name, entry in ARCHITECTURES.items())


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_defaults_to_data_and_a_loss_that_exist_and_fit(name: str) -> None:
    entry = ARCHITECTURES[name]
    data = find_dataset(entry.data)
    assert data is not None
    assert data.inputs in entry.inputs
    assert data.targets in LOSSES[entry.loss].targets
    assert entry.lr > 0
    assert entry.eig_every > 0


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_has_as_many_parameters_as_the_catalogue_says(name: str) -> None:
    assert parameters(build(name)) == ARCHITECTURES[name].parameters


@pytest.mark.parametrize(
    ("name", "size"),
    [(name, size) for name, entry in ARCHITECTURES.items() for size in ("width", "depth") if size in entry.options],
)
def test_a_width_and_a_depth_can_be_chosen(name: str, size: str) -> None:
    other = 26 if name == "resnet32" else ARCHITECTURES[name].options[size] // 2
    assert parameters(build(name, **{size: other})) != ARCHITECTURES[name].parameters
