"""The command line that repeats a run, parsed again by the program itself."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from eostui.cli import app
from eostui.config import RunConfig
from eostui.config.command import command_line, step_size_text
from eostui.dynamics.optimizers import OPTIMIZERS
from eostui.trainer.launch import Launched
from eostui.trainer.plan import plan_run


class Planned(Exception):
    """Carries the config with which training would begin."""


def _parsed(command: str, monkeypatch: pytest.MonkeyPatch) -> RunConfig:
    """The config that a command line would train with."""

    def stop(config: RunConfig, **_: Any) -> Launched:
        raise Planned(config)

    monkeypatch.setattr("eostui.trainer.launch.launch", stop)
    program, *arguments = shlex.split(command)
    assert program == "eostui"
    with pytest.raises(Planned) as planned:
        app([*arguments, "--headless"], standalone_mode=False)
    config = planned.value.args[0]
    assert isinstance(config, RunConfig)
    return config


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"lr": 2 / 60, "data": "cifar10-1k", "arch": "fc-tanh", "steps": 50, "seed": 7},
        {"arch": "resnet32", "lr": 0.02},
        *({"optimizer": name, "batch_size": 32 if name == "sgd" else None} for name in OPTIMIZERS),
        {"arch": "transformer", "track": ()},
        {"optimizer": "adam", "lr": 1e-4, "beta1": 0.95, "eps": 1e-7},
        {"optimizer": "adamw", "lr": 1e-4, "weight_decay": 0.01},
        {"optimizer": "sgd", "batch_size": 128, "momentum": 0.9, "weight_decay": 1e-4, "decoupled": True},
        {"optimizer": "sgd", "batch_size": 64, "lr_schedule": "0:2/50,300:2/100"},
        {"lr_schedule": "warmup:100", "lr": 0.3},
        {"eig_above": float("inf"), "measure_share": 0.3, "eigs": 5, "search_dtype": "float32"},
        {"flow": ("central", "gradient")},
        {"track": ("trace", "spectral-density"), "paused": True, "threads": 1, "dtype": "float64", "until_loss": 0.1},
        {"data_dir": "/data/with a space", "checkpoint_every": 100, "graph_memory": 0.0, "width": 64},
    ],
    ids=str,
)
def test_the_command_repeats_the_run(given: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EOSTUI_DATA", raising=False)
    config = plan_run(given)
    assert _parsed(command_line(config), monkeypatch) == config


def test_what_is_as_it_would_be_anyway_is_not_said() -> None:
    assert command_line(plan_run({})) == (
        "eostui run --loss mse --lr 2/12 --steps 2000 --eig-every 20 --track gauss-newton,tracked"
    )


@pytest.mark.parametrize(
    ("lr", "text"),
    [(2 / 12, "2/12"), (0.02, "0.02"), (2 / 60, "2/60"), (1e-4, "0.0001"), (3 / 7, "3/7"), (0.1234, "0.1234")],
)
def test_a_step_size_is_written_as_it_would_be_typed(lr: float, text: str) -> None:
    assert step_size_text(lr) == text
    assert eval(text) == lr
