"""Where data are looked for: what was typed, then the environment, then the settings, then the default."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import Eostui

PRINTED = """
import json, sys
from eostui.trainer import launch
def tell(config, **_):
    print(json.dumps(config.to_dict()["data_dir"]))
    sys.exit(7)
launch.launch = tell
from eostui.cli import main
main()
"""
"""The command line as it is, but for a trainer: what that would be told of the data is printed."""


@pytest.mark.parametrize(
    ("settings", "environment", "typed", "found"),
    [
        ('data_dir = "~/sets"', "", [], "HOME/sets"),
        ('data_dir = "/sets"', "/elsewhere", [], "/elsewhere"),
        ('data_dir = "/sets"', "/elsewhere", ["--data-dir", "/typed"], "/typed"),
        ('data_dir = "sets"', "", [], "~/.local/share/eostui"),
    ],
)
def test_the_nearest_one_counts(eostui: Eostui, settings: str, environment: str, typed: list[str], found: str) -> None:
    file = eostui.directory / "settings.toml"
    file.write_text(settings)
    given = {**eostui.environment, "EOSTUI_SETTINGS": str(file), "EOSTUI_DATA": environment, "HOME": "/HOME"}
    command = [*eostui.command()[:1], "-c", PRINTED, "run", "--headless", *typed]
    done = subprocess.run(command, cwd=eostui.directory, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 7, done.stderr
    assert json.loads(done.stdout) == found.replace("HOME", "/HOME")
    wrong = 'sets"' in settings and "/" not in settings
    assert done.stderr == (
        f"eostui: {Path(file)}: data_dir = 'sets' will not do; give a path from / or ~ on, such as \"~/data\"\n" * wrong
    )
