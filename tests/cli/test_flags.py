"""The flags of `eostui run` are the settings of a run."""

from __future__ import annotations

from typing import Any

import pytest
import typer
from typer.core import TyperGroup, TyperOption
from typer.testing import CliRunner

from eostui.cli import app
from eostui.cli.flags import settings_given, with_settings
from eostui.config import SETTINGS, ConfigError, RunConfig, flag
from eostui.trainer import plan


def given(monkeypatch: pytest.MonkeyPatch, typed: str) -> dict[str, Any]:
    """What `eostui run` with what was `typed` has the run planned from."""
    seen: list[dict[str, Any]] = []

    class Planned(Exception):
        pass

    def planning(settings: dict[str, Any]) -> RunConfig:
        seen.append(settings)
        raise Planned

    monkeypatch.setattr(plan, "plan_run", planning)
    result = CliRunner().invoke(app, ["run", *typed.split()])
    assert isinstance(result.exception, Planned), result.output
    return seen[0]


def test_every_setting_has_a_flag_and_says_in_the_help_what_it_is() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    options = {option.name: option for option in group.commands["run"].params if isinstance(option, TyperOption)}
    for name, setting in SETTINGS.items():
        assert options[name].opts == [flag(name)]
        assert not options[name].secondary_opts
        assert setting.flag.help.split("{default}")[0] in (options[name].help or "")


def test_what_is_typed_becomes_the_value_of_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(monkeypatch, "--lr 2/100 --track trace,timing --data-dir d --steps 9 --eig-above inf")
    assert {name: settings[name] for name in ("lr", "track", "data_dir", "steps", "eig_above")} == {
        "lr": 0.02,
        "track": ("trace", "timing"),
        "data_dir": "d",
        "steps": 9,
        "eig_above": float("inf"),
    }
    assert given(monkeypatch, "--track none")["track"] == ()
    assert given(monkeypatch, "--paused --decoupled")["paused"] is True


def test_nothing_typed_leaves_the_plan_to_choose_or_has_the_default_of_the_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("EOSTUI_DATA", raising=False)
    settings = given(monkeypatch, "")
    assert set(settings) == set(SETTINGS)
    for name, value in settings.items():
        assert value is None or value == SETTINGS[name].default
    assert settings["eigs"] == SETTINGS["eigs"].default
    assert settings["eig_every"] is settings["track"] is settings["lr"] is None


def test_what_cannot_be_read_is_refused_by_the_name_of_its_flag() -> None:
    with pytest.raises(ConfigError, match="--lr: 'fast' is not a step size"):
        settings_given({"lr": "fast", "momentum": None})


def test_a_command_keeps_its_own_options_beside_those_of_the_settings() -> None:
    app = typer.Typer()
    seen: dict[str, Any] = {}

    @app.command()
    @with_settings
    def measure(*, name: str = "x", **given: Any) -> int:
        seen.update(given, name=name)
        return 0

    assert CliRunner().invoke(app, ["--name", "demo", "--eigs", "5"]).exit_code == 0
    assert (seen["name"], seen["eigs"]) == ("demo", 5)
