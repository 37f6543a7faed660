"""What every test of the pipe may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def run_directory(tmp_path: Path) -> Path:
    directory = tmp_path / "run"
    directory.mkdir()
    return directory
