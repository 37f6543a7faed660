"""What a run may be."""

from __future__ import annotations

import math

import pytest

from eostui.config import ConfigError, RunConfig, parse_step_size

BASIC = {"arch": "fc-tanh", "data": "digits", "loss": "mse", "lr": 0.02}


@pytest.mark.parametrize(("text", "value"), [("0.02", 0.02), ("2/100", 0.02), (" 2e-2 ", 0.02), ("1/3", 1 / 3)])
def test_a_step_size_is_read_as_a_number_or_a_fraction(text: str, value: float) -> None:
    assert parse_step_size(text) == value


@pytest.mark.parametrize("text", ["", "-0.1", "0", "2/0", "nan", "inf", "1e999", "two", "2/3/4", "-2/-3/"])
def test_a_wrong_step_size_is_quoted_with_what_would_be_right(text: str) -> None:
    with pytest.raises(ConfigError, match="such as 0.02 or 2/100"):
        parse_step_size(text)


def test_a_config_survives_json_unchanged() -> None:
    config = RunConfig(**BASIC, steps=10, eig_samples=500, track=("gauss-newton",), weight_decay=1e-4)
    assert RunConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lr", -1.0),
        ("lr", math.nan),
        ("momentum", 1.5),
        ("beta1", 1.0),
        ("beta2", -0.1),
        ("eps", -1e-8),
        ("weight_decay", math.inf),
        ("width", 0),
        ("depth", 0),
        ("batch_size", 0),
        ("eigs", 0),
        ("eig_every", 0),
        ("eig_tol", 0.0),
        ("steps", 0),
        ("physical_batch", 0),
        ("dtype", "float16"),
        ("until_accuracy", 1.5),
        ("until_loss", math.inf),
        ("seed", -1),
    ],
)
def test_an_impossible_value_is_refused_by_the_name_of_its_flag(field: str, value: object) -> None:
    with pytest.raises(ConfigError, match="--" + field.replace("_", "-")):
        RunConfig(**{**BASIC, field: value})


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"arch": "x", "nonsense": 1}', '{"lr": '])
def test_a_config_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        RunConfig.from_json(text)
