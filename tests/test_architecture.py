"""The rooms keep to their doors: who may import whom, and what is never imported at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY


def test_the_import_contracts_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint, "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("module", ["eostui.dashboard.app", "eostui.cli", "eostui.link.client", "eostui.store"])
def test_the_viewers_rooms_load_without_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_the_command_line_loads_neither_torch_nor_textual_nor_hdf5() -> None:
    code = (
        "import sys, eostui.cli; sys.exit(any(name in sys.modules for name in ('torch', 'textual', 'h5py', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
