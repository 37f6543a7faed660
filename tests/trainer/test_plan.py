"""What a run becomes when the user says little, or says it wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from eostui.config import HYPERPARAMETERS, SETTINGS, ConfigError, RunConfig, flag
from eostui.dynamics.optimizers import OPTIMIZERS
from eostui.problems.architectures import ARCHITECTURES
from eostui.store import new_run_directory
from eostui.trainer.plan import DEMONSTRATION, plan_run, run_name


def test_nothing_given_is_the_demonstration() -> None:
    config = plan_run({})
    assert {field: config.to_dict()[field] for field in DEMONSTRATION} == dict(DEMONSTRATION)


def test_the_demonstration_keeps_what_was_given() -> None:
    config = plan_run({"lr": 0.05, "steps": 7})
    assert (config.problem.arch, config.problem.data, config.training.lr, config.limits.steps) == (
        "fc-tanh",
        "digits",
        0.05,
        7,
    )


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_brings_what_it_is_for(name: str) -> None:
    entry = ARCHITECTURES[name]
    config = plan_run({"arch": name})
    assert (config.problem.data, config.problem.loss, config.training.lr) == (entry.data, entry.loss, entry.lr)
    assert (config.training.physical_batch, config.measuring.eig_samples, config.measuring.eig_every) == (
        entry.physical_batch,
        entry.eig_samples,
        entry.eig_every,
    )
    assert config.limits.steps is None


def test_what_was_given_comes_before_what_the_architecture_is_for() -> None:
    config = plan_run({"arch": "resnet32", "lr": 0.5, "data": "digits", "eig_every": 3})
    assert (config.training.lr, config.problem.data, config.measuring.eig_every) == (0.5, "digits", 3)


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


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_brings_its_own_hyperparameters_and_no_others(name: str) -> None:
    entry = OPTIMIZERS[name]
    config = plan_run({"optimizer": name, "batch_size": 10 if entry.minibatches == "always" else None})
    for field in HYPERPARAMETERS:
        assert config.to_dict()[field] == entry.defaults.get(field, SETTINGS[field].default)


def test_momentum_belongs_to_the_optimizers_that_have_it() -> None:
    assert plan_run({"optimizer": "momentum"}).training.momentum == 0.9
    with pytest.raises(ConfigError, match="--momentum.*'gd'.*momentum"):
        plan_run({"momentum": 0.9})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"arch": "resnet32", "width": 3}, ["--width", "resnet32", "fc-tanh"]),
        ({"arch": "model.py:f", "data": "digits", "depth": 3}, ["--depth", "model.py:f", "your own model"]),
        ({"arch": "cnn-relu", "data": "chebyshev-5"}, ["cnn-relu", "chebyshev-5"]),
        ({"arch": "transformer", "data": "digits"}, ["transformer", "digits"]),
        ({"arch": "fc-tanh", "data": "chebyshev-5", "loss": "ce"}, ["ce", "chebyshev-5"]),
        ({"data": "digits", "loss": "logistic"}, ["logistic", "digits"]),
        ({"data": "cifar10-70k"}, ["--data", "cifar10", "50,000"]),
        ({"optimizer": "adam", "momentum": 0.9}, ["--momentum", "adam"]),
        ({"optimizer": "momentum", "momentum": 1.5}, ["--momentum", "1.5"]),
        ({"centered": True}, ["--centered", "'gd'", "rmsprop"]),
        ({"optimizer": "adam", "decoupled": True}, ["--decoupled", "'adam'", "gd"]),
        ({"optimizer": "sgd"}, ["--optimizer sgd", "--batch-size"]),
        ({"optimizer": "gd", "batch_size": 100}, ["--batch-size 100", "--optimizer gd", "sgd"]),
        ({"optimizer": "sgd", "batch_size": 2000}, ["--batch-size 2000", "digits", "1,500"]),
        ({"lr_schedule": "0:2/50,300:2/100,200:1"}, ["--lr-schedule", "backwards"]),
        ({"lr_schedule": "0:2/50", "lr": 0.1}, ["--lr 0.1", "--lr-schedule 0:2/50"]),
        ({"lr_schedule": "0:2/50,300:1e39"}, ["--lr-schedule: 1e+39", "float32"]),
        ({"lr": 1e39}, ["--lr: 1e+39", "float32", "from 1.2e-38 to 3.4e+30"]),
        ({"lr": 1e-320, "dtype": "float64"}, ["--lr: 9.99989e-321", "float64", "from 2.3e-308 to 1.7e+300"]),
        ({"track": ["timing"]}, ["--track", "timing", "always", "gauss-newton"]),
        (
            {"arch": "m.py:f", "data": "digits", "loss": "model", "track": ["gauss-newton"]},
            ["gauss-newton", "--loss model"],
        ),
    ],
)
def test_what_does_not_go_together_is_refused_by_both_names(given: dict[str, object], words: list[str]) -> None:
    with pytest.raises(ConfigError) as error:
        plan_run(given)
    assert "\n" not in str(error.value)
    assert all(word in str(error.value) for word in words), error.value


@pytest.mark.parametrize(
    ("field", "value"), [("arch", 5), ("track", "hessian"), ("lr", "0.1"), ("lr_schedule", 3), ("batch_size", "10")]
)
def test_a_value_of_another_type_is_refused_before_anything_is_made_of_it(field: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"{flag(field)}: {value!r} will not do"):
        plan_run({field: value})


def test_a_setting_that_is_not_known_is_named() -> None:
    with pytest.raises(ConfigError, match="'learning_rate'"):
        plan_run({"learning_rate": 0.1})


def test_a_list_of_step_sizes_says_the_first_one_too() -> None:
    config = plan_run({"lr_schedule": "0:2/50, 300:2/100"})
    assert (config.training.lr, config.training.lr_schedule) == (0.04, "0:2/50,300:2/100")


def test_a_cosine_ends_with_the_run() -> None:
    assert plan_run({"lr_schedule": "cosine", "steps": 70}).training.lr_schedule == "cosine:70"
    with pytest.raises(ConfigError, match="cosine:STEPS"):
        plan_run({"arch": "fc-tanh", "lr_schedule": "cosine"})


def test_a_member_of_a_family_of_data_sets_is_known() -> None:
    assert plan_run({"data": "chebyshev-7", "arch": "regression"}).problem.data == "chebyshev-7"
    assert plan_run({"data": "cifar10-300"}).problem.data == "cifar10-300"


def test_a_model_with_its_own_loss_has_no_gauss_newton_matrix() -> None:
    assert plan_run({"arch": "model.py:f", "data": "data.py:f", "loss": "model"}).measuring.track == ("tracked",)


def test_no_eigenvalue_is_followed_beyond_those_asked_for_where_the_share_is_infinite() -> None:
    config = plan_run({"eig_above": float("inf")})
    assert config.measuring.eig_above is None
    assert RunConfig.from_json(config.to_json()) == config
    assert "Infinity" not in config.to_json()
    assert plan_run({}).measuring.eig_above == 0.75


def test_minibatches_are_not_tracked_unless_asked() -> None:
    sgd = {"optimizer": "sgd", "batch_size": 10}
    assert plan_run(sgd).measuring.track == ("gauss-newton",)
    assert plan_run({**sgd, "track": ["tracked", "batch-sharpness"]}).measuring.track == ("tracked", "batch-sharpness")


def test_a_text_file_is_found_from_anywhere_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("to be or not to be " * 100)
    config = plan_run({"arch": "transformer", "data": "a.txt:words"})
    assert config.problem.data == f"{tmp_path / 'a.txt'}:words"
    assert run_name(config).startswith("a-words-transformer-")


def test_an_own_model_needs_to_be_told_its_data() -> None:
    with pytest.raises(ConfigError, match="--data"):
        plan_run({"arch": "model.py:build"})


def test_an_own_file_is_found_from_anywhere_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = plan_run({"arch": "model.py:build", "data": "digits"})
    assert config.problem.arch == f"{tmp_path / 'model.py'}:build"
    assert run_name(config) == "digits-build-0.02"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, "digits-tanh-2_12"),
        ({"arch": "fc-tanh", "data": "cifar10-1k", "lr": 2 / 60}, "cifar10-1k-tanh-2_60"),
        ({"arch": "cnn-relu", "data": "digits", "lr": 2 / 100}, "digits-cnn-relu-0.02"),
        ({"arch": "cnn-relu", "data": "digits", "lr": 0.123456}, "digits-cnn-relu-0.123456"),
        ({"data": "digits", "optimizer": "adam", "lr": 1e-4}, "digits-tanh-adam-0.0001"),
        ({"data": "digits", "lr": 1e-307, "dtype": "float64"}, "digits-tanh-1e-307"),
    ],
)
def test_a_run_is_named_by_its_data_its_network_and_its_step_size(given: dict[str, object], name: str) -> None:
    assert run_name(plan_run(given)) == name


def test_a_tilde_is_the_home_directory_wherever_a_path_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.txt").write_text("to be or not to be " * 100)
    own = {"arch": "~/m.py:f", "data": "~/d.py:f", "loss": "~/l.py:f", "data_dir": "~/data"}
    config = plan_run(own)
    assert [config.to_dict()[field] for field in own] == [
        f"{tmp_path}/m.py:f",
        f"{tmp_path}/d.py:f",
        f"{tmp_path}/l.py:f",
        f"{tmp_path}/data",
    ]
    assert plan_run({"arch": "transformer", "data": "~/a.txt:words"}).problem.data == f"{tmp_path}/a.txt:words"
    assert plan_run({"data_dir": "~nobody-at-all/data"}).problem.data_dir.endswith("/~nobody-at-all/data")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"arch": "net.py"}, ["--arch", "'net.py' names no function", "net.py:function; it has build"]),
        ({"arch": "net.py:"}, ["--arch", "net.py:function; it has build"]),
        ({"arch": "net"}, ["--arch", "net.py:function; it has build"]),
        ({"data": "net.py"}, ["--data", "net.py:function; it has build"]),
        ({"data": "./net.py"}, ["--data", "./net.py:function; it has build"]),
        ({"loss": "net.build"}, ["--loss", "write net.py:build"]),
        ({"data": "numbers.npz"}, ["--data: numbers.npz is not a text", "a function that loads it and returns (x, y)"]),
        ({"data": "./numbers.npz"}, ["--data: ./numbers.npz is not a text", "a function that loads it"]),
        ({"data": "numbers.npz:x"}, ["--data: numbers.npz is not a text", "a function that loads it"]),
        ({"data": "number.npz"}, ["--data: there is no file 'number.npz'", "numbers.npz", "a function that loads it"]),
        ({"data": "table.csv"}, ["table.csv is not a text", "a function that loads it", "table.csv:chars"]),
        ({"data": "./folder"}, ["--data: ./folder is a folder", "a function that loads it"]),
    ],
)
def test_a_file_without_a_function_is_told_what_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, object], words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text("import torch\n\ndef build(): ...\n")
    (tmp_path / "numbers.npz").touch()
    (tmp_path / "table.csv").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigError) as error:
        plan_run(given)
    assert "\n" not in str(error.value)
    assert all(word in str(error.value) for word in words), error.value


@pytest.mark.parametrize("function", ["_build", "__", "η" * 300, "𠀀" * 300])
def test_a_name_made_from_a_path_is_always_one_that_a_run_can_have(tmp_path: Path, function: str) -> None:
    config = plan_run({"arch": f"m.py:{function}", "data": f"d.py:{function}", "loss": f"l.py:{function}"})
    for number in range(2):
        name = new_run_directory(tmp_path, run_name(config), numbered=True).name
        assert name.endswith("-2") == bool(number)


def test_planning_does_not_import_torch(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("import torch\n\ndef build(): ...\n")
    code = (
        "import sys; from eostui.trainer.plan import ConfigError, plan_run; plan_run({})\n"
        "try: plan_run({'arch': 'net.py'})\n"
        "except ConfigError as error: assert 'it has build' in str(error)\n"
        "sys.exit('torch' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=False).returncode == 0
