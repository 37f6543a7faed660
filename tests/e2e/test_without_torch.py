"""Everything but training works where torch cannot even be imported."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Eostui, saved_run


@pytest.fixture
def torchless(eostui: Eostui) -> Eostui:
    """A directory with one run, in which importing torch is an error."""
    saved_run(eostui)
    (eostui.directory / "trap").mkdir()
    (eostui.directory / "trap" / "torch.py").write_text("raise ImportError('torch was imported')\n")
    eostui.environment["PYTHONPATH"] = str(eostui.directory / "trap")
    return eostui


def test_the_commands_that_read_runs_never_import_torch(torchless: Eostui) -> None:
    for arguments in (
        ["--help"],
        ["--version"],
        ["run", "--help"],
        ["ls"],
        ["info"],
        ["export", "--format", "json"],
        ["plot"],
        ["list", "archs"],
        ["list", "optimizers"],
    ):
        done = torchless(*arguments)
        assert done.returncode == 0, (arguments, done.stderr)
        assert done.stdout
    # the trap works
    assert torchless("run", "--headless", "--steps", "2").returncode != 0


def test_the_replay_draws_without_torch(torchless: Eostui) -> None:
    import pexpect

    command, *arguments = torchless.command("replay", "edge")
    child = pexpect.spawn(
        command, arguments, cwd=torchless.directory, env=torchless.environment, dimensions=(40, 120), timeout=30
    )
    child.expect("Gauss")
    child.send("q")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
