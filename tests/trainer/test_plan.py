"""What a run becomes when the user says little, or says it wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from eostui.config import ConfigError
from eostui.problems.architectures import ARCHITECTURES
from eostui.trainer.plan import DEMONSTRATION, plan_run, run_name


def test_nothing_given_is_the_demonstration() -> None:
    config = plan_run({})
    assert {field: getattr(config, field) for field in DEMONSTRATION} == dict(DEMONSTRATION)


def test_the_demonstration_keeps_what_was_given() -> None:
    config = plan_run({"lr": 0.05, "steps": 7})
    assert (config.arch, config.data, config.lr, config.steps) == ("fc-tanh", "digits", 0.05, 7)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_brings_what_it_is_for(name: str) -> None:
    entry = ARCHITECTURES[name]
    config = plan_run({"arch": name})
    assert (config.data, config.loss, config.lr) == (entry.data, entry.loss, entry.lr)
    assert (config.physical_batch, config.eig_samples, config.eig_every) == (
        entry.physical_batch,
        entry.eig_samples,
        entry.eig_every,
    )
    assert config.steps is None


def test_what_was_given_comes_before_what_the_architecture_is_for() -> None:
    config = plan_run({"arch": "resnet32", "lr": 0.5, "data": "digits", "eig_every": 3})
    assert (config.lr, config.data, config.eig_every) == (0.5, "digits", 3)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"arch": "fc-tahn"}, ["--arch", "'fc-tahn'", "fc-tanh"]),
        ({"data": "cifar"}, ["--data", "'cifar'", "cifar10"]),
        ({"loss": "mze"}, ["--loss", "'mze'", "mse"]),
        ({"optimizer": "momentun"}, ["--optimizer", "momentum"]),
        ({"track": ["gauss-newtn"]}, ["--track", "gauss-newton"]),
        ({"arch": "zzzzzz"}, ["--arch", "resnet32"]),
    ],
)
def test_an_unknown_name_lists_the_nearest(given: dict[str, object], words: list[str]) -> None:
    with pytest.raises(ConfigError) as error:
        plan_run(given)
    assert all(word in str(error.value) for word in words), error.value


def test_momentum_defaults_to_nine_tenths_and_belongs_to_the_optimizer_that_has_it() -> None:
    assert plan_run({"optimizer": "momentum"}).momentum == 0.9
    with pytest.raises(ConfigError, match="--momentum.*'gd'.*momentum"):
        plan_run({"momentum": 0.9})


def test_an_own_model_needs_to_be_told_its_data() -> None:
    with pytest.raises(ConfigError, match="--data"):
        plan_run({"arch": "model.py:build"})


def test_an_own_file_is_found_from_anywhere_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = plan_run({"arch": "model.py:build", "data": "digits"})
    assert config.arch == f"{tmp_path / 'model.py'}:build"
    assert run_name(config) == "build-digits-mse-gd-lr0.02"


def test_planning_does_not_import_torch() -> None:
    code = "import sys; from eostui.trainer.plan import plan_run; plan_run({}); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
