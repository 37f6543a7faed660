"""What was mistyped is named, with what would be right."""

from __future__ import annotations

import sys

import pytest

from eostui.cli import main
from eostui.config import SETTINGS, flag


def complaint(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *typed: str) -> str:
    """The one line on standard error."""
    monkeypatch.setattr(sys, "argv", ["eostui", *typed])
    assert main() == 2
    return capfd.readouterr().err


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["run", "--eigs", "2.5"], "--eigs: '2.5' will not do; give a whole number of at least 1"),
        (["run", "--seed", "0.5"], "--seed: '0.5' will not do; give a whole number from 0 to 2^63 - 1"),
        (["run", "--steps", "--headless"], "--steps: '--headless' will not do; give a whole number of at least 1"),
        (["replay", "x", "--speed", "fast"], "--speed: 'fast' will not do; give a number"),
        (["list", "arch"], "KIND: 'arch' will not do; give archs, datasets, optimizers, losses or instruments"),
        (["ls", "--nope"], "No such option: --nope"),
    ],
)
def test_the_option_its_value_and_the_remedy_are_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], typed: list[str], said: str
) -> None:
    assert complaint(monkeypatch, capfd, *typed) == f"eostui: {said}\n"


@pytest.mark.parametrize("name", [name for name, setting in SETTINGS.items() if setting.kind in (int, float)])
def test_every_number_that_is_none_is_refused_in_the_same_words(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    told = complaint(monkeypatch, capfd, "run", flag(name), "nonsense")
    assert told.startswith(f"eostui: {flag(name)}: 'nonsense' ")
    assert "; give " in told or ": give " in told


@pytest.mark.parametrize("command", [[], ["run"], ["ls"], ["plot"]])
def test_no_help_says_that_a_switch_takes_a_value(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], command: list[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["eostui", *command, "--help"])
    assert main() == 0
    told = capfd.readouterr().out
    assert "--help" in told
    assert "bool" not in told
