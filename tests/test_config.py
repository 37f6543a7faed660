"""What a run may be."""

from __future__ import annotations

import json
import math

import h5py
import pytest

from eostui.config import SETTINGS, ConfigError, Limits, Measuring, RunConfig, Training, parse_step_size, typed_text
from eostui.config.interval import interval_seconds, parse_interval
from tests.conftest import REPOSITORY

BASIC = {"arch": "fc-tanh", "data": "digits", "loss": "mse", "lr": 0.02}


@pytest.mark.parametrize(("text", "value"), [("0.02", 0.02), ("2/100", 0.02), (" 2e-2 ", 0.02), ("1/3", 1 / 3)])
def test_a_step_size_is_read_as_a_number_or_a_fraction(text: str, value: float) -> None:
    assert parse_step_size(text) == value


@pytest.mark.parametrize("text", ["", "-0.1", "0", "2/0", "nan", "inf", "1e999", "two", "2/3/4", "-2/-3/"])
def test_a_wrong_step_size_is_quoted_with_what_would_be_right(text: str) -> None:
    with pytest.raises(ConfigError, match="such as 0.02 or 2/100"):
        parse_step_size(text)


def test_a_config_survives_json_unchanged() -> None:
    config = RunConfig.of(**BASIC, steps=10, eig_samples=500, track=("gauss-newton",), weight_decay=1e-4)
    assert RunConfig.from_json(config.to_json()) == config


def test_a_step_size_keeps_the_text_that_was_typed_for_it() -> None:
    config = RunConfig.of(**{**BASIC, "lr": parse_step_size("2/8")})
    values = json.loads(config.to_json())
    assert (values["lr"], values["lr_typed"]) == (0.25, "2/8")
    again = RunConfig.from_json(config.to_json())
    assert again == config
    assert typed_text(again.training.lr) == typed_text(again.replace(seed=1).training.lr) == "2/8"
    other = RunConfig.from_dict({**values, "lr": 0.3})
    assert (other.training.lr, typed_text(other.training.lr)) == (0.3, "")


def test_every_setting_is_in_the_json_and_lies_flat() -> None:
    values = json.loads(RunConfig.of(**BASIC).to_json())
    assert set(values) == set(SETTINGS)
    assert not any(isinstance(value, dict) for value in values.values())


def test_settings_lie_with_their_concern() -> None:
    config = RunConfig.of(**BASIC, width=7, momentum=0.5, eigs=2, steps=9)
    assert (config.problem.arch, config.problem.width) == ("fc-tanh", 7)
    assert config.training == Training(lr=0.02, momentum=0.5)
    assert config.measuring == Measuring(eigs=2)
    assert config.limits == Limits(steps=9)


def test_a_copy_differs_in_what_was_changed_and_is_checked() -> None:
    config = RunConfig.of(**BASIC, eigs=2)
    changed = config.replace(lr=0.5, steps=3)
    differing = {name for name, value in changed.to_dict().items() if config.to_dict()[name] != value}
    assert differing == {"lr", "steps"}
    with pytest.raises(ConfigError, match="--eigs"):
        config.replace(eigs=0)
    with pytest.raises(ConfigError, match="'learning_rate'"):
        config.replace(learning_rate=0.1)


def test_the_config_of_a_run_from_before_many_a_setting_is_read() -> None:
    with h5py.File(REPOSITORY / "tests/data/edge.h5", swmr=True) as file:
        text = file.attrs["config"]
    config = RunConfig.from_json(text)
    written = json.loads(text)
    assert "graph_memory" not in written
    assert {name: config.to_dict()[name] for name in written} == written
    assert config.measuring.graph_memory == Measuring.graph_memory
    del written["track"]
    assert RunConfig.from_dict(written).measuring.track == ()


@pytest.mark.parametrize(
    ("typed", "interval", "seconds"),
    [("500", 500, None), (" 90s ", "90s", 90.0), ("10min", "10min", 600.0), ("1.5h", "1.5h", 5400.0)],
)
def test_an_interval_is_so_many_steps_or_so_much_time(typed: str, interval: int | str, seconds: float | None) -> None:
    limits = Limits(checkpoint_every=parse_interval(typed))
    assert limits.checkpoint_every == interval
    assert RunConfig.from_json(RunConfig.of(**BASIC, checkpoint_every=interval).to_json()).limits == limits
    if isinstance(interval, str):
        assert interval_seconds(interval) == seconds


@pytest.mark.parametrize("typed", ["0", "-5", "0min", "ten", "10 min", "10m", "1e3", "infs", "", "٣", "9" * 30])
def test_a_wrong_interval_is_quoted_with_what_would_be_right(typed: str) -> None:
    with pytest.raises(ConfigError, match=r"--checkpoint-every: .* will not do; give a number of steps such as 500"):
        Limits(checkpoint_every=parse_interval(typed))


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
        ("eig_above", 0.0),
        ("measure_share", 1.0),
        ("graph_memory", -1.0),
        ("search_dtype", "float64"),
        ("products", "both"),
        ("steps", 0),
        ("physical_batch", 0),
        ("dtype", "float16"),
        ("until_accuracy", 1.5),
        ("until_loss", math.inf),
        ("seed", -1),
        ("seed", 2**63),
    ],
)
def test_an_impossible_value_is_refused_by_the_name_of_its_flag(field: str, value: object) -> None:
    with pytest.raises(ConfigError, match="--" + field.replace("_", "-")):
        RunConfig.of(**{**BASIC, field: value})


ILL_TYPED = [
    ("seed", 0.5, "a whole number from 0 to 2^63 - 1"),
    ("seed", None, "a whole number from 0 to 2^63 - 1"),
    ("eigs", 2.5, "a whole number of at least 1"),
    ("eigs", True, "a whole number of at least 1"),
    ("steps", 100.0, "a whole number of at least 1"),
    ("lr", "0.1", "a positive number"),
    ("lr", True, "a positive number"),
    ("lr", 10**400, "a positive number"),
    ("momentum", "0.9", "a number from 0"),
    ("dtype", 32, "float32 or float64"),
    ("arch", 5, "text"),
    ("loss", None, "text"),
    ("paused", "no", "true or false"),
    ("paused", 0, "true or false"),
    ("decoupled", None, "true or false"),
    ("track", "hessian", "a list of names"),
    ("track", ["hessian", 1], "a list of names"),
    ("track", {"hessian": 1}, "a list of names"),
]


@pytest.mark.parametrize(("field", "value", "right"), ILL_TYPED)
def test_a_value_of_another_type_is_refused_with_what_is_right(field: str, value: object, right: str) -> None:
    with pytest.raises(ConfigError) as error:
        RunConfig.of(**{**BASIC, field: value})
    said = str(error.value)
    shown = repr(tuple(value) if isinstance(value, list) else value)
    assert said.startswith(f"--{field}: {shown} will not do; give {right}")
    with pytest.raises(ConfigError, match=f"--{field}"):
        RunConfig.from_json(json.dumps({**BASIC, field: value}))


def test_a_concern_by_itself_refuses_ill_typed_values_too() -> None:
    with pytest.raises(ConfigError, match="--eigs: 2.5"):
        Measuring(eigs=2.5)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="--paused: 'no'"):
        Limits(paused="no")  # type: ignore[arg-type]


def test_a_whole_number_does_for_any_number() -> None:
    assert RunConfig.of(**{**BASIC, "lr": 1}).training.lr == 1
    assert RunConfig.of(**BASIC, graph_memory=0, until_loss=-1).measuring.graph_memory == 0


def test_a_search_is_frugal_where_nothing_is_kept() -> None:
    assert Measuring(graph_memory=0.0).frugal
    assert not Measuring(graph_memory=0.1).frugal


@pytest.mark.parametrize("missing", BASIC)
def test_what_a_run_must_have_is_named_where_it_is_missing(missing: str) -> None:
    with pytest.raises(ConfigError, match=f"--{missing} is missing"):
        RunConfig.from_dict({name: value for name, value in BASIC.items() if name != missing})


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"arch": "x", "nonsense": 1}', '{"lr": '])
def test_a_config_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        RunConfig.from_json(text)
