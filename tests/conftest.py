"""What every test may ask for."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as in a trainer: other tests may have the other core
if "PYTEST_XDIST_WORKER" in os.environ:
    # Tests run side by side, one for each core: threads of torch's would wait for each other.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# The register of live runs: tests have one of their own, and leave the user's alone.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="eostui-test-state-")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The directory of real data sets that may not be copied into the project (CIFAR-10 among them)."""
    folder = Path(os.environ.get("EOSTUI_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "cifar10_5k_1k.npz").is_file():
        pytest.skip(f"no real data at {folder}: set EOSTUI_TEST_DATA to the folder with cifar10_5k_1k.npz")
    return folder
