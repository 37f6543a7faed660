"""The catalogues of names: complete, cheap, and every entry leads to code."""

import subprocess
import sys

import pytest

from eostui.problems.architectures import ARCHITECTURES
from eostui.problems.by_path import load_callable
from eostui.problems.datasets import DATASETS
from eostui.problems.losses import LOSSES


def test_names_are_known_without_importing_torch() -> None:
    code = (
        "import sys; import eostui.problems.architectures, eostui.problems.datasets, eostui.problems.losses; "
        "sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_architectures_are_those_of_the_papers_in_their_order() -> None:
    assert list(ARCHITECTURES) == [
        *(f"fc-{a}" for a in ("tanh", "relu", "elu", "softplus", "hardtanh")),
        *(f"{kind}-{a}" for kind in ("cnn", "cnn-avgpool", "cnn-bn") for a in ("tanh", "relu", "elu")),
        "resnet32",
    ]
    assert list(DATASETS) == [
        "digits",
        *(f"cifar10-{n}k" for n in (1, 2, 5, 10, 20)),
        "cifar10",
    ]
    assert list(LOSSES) == ["mse", "ce"]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_defaults_to_data_and_loss_that_exist(name: str) -> None:
    entry = ARCHITECTURES[name]
    assert entry.name == name
    assert entry.data in DATASETS
    assert entry.loss in LOSSES
    assert entry.lr > 0
    assert entry.eig_every > 0


def test_every_entry_leads_to_code() -> None:
    specs = [
        *(entry.build for entry in ARCHITECTURES.values()),
        *(entry.load for entry in DATASETS.values()),
        *(entry.function for entry in LOSSES.values()),
    ]
    assert all(callable(load_callable(spec)) for spec in specs)
