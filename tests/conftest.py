"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The directory of real data sets that may not be copied into the project (CIFAR-10 among them)."""
    folder = Path(os.environ.get("EOSTUI_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "cifar10_5k_1k.npz").is_file():
        pytest.skip(f"no real data at {folder}: set EOSTUI_TEST_DATA to the folder with cifar10_5k_1k.npz")
    return folder
