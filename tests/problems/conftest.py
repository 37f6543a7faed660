"""Files of a user, for tests of what a run is made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.problems.building import Own


@pytest.fixture
def own(tmp_path: Path) -> Own:
    return Own(tmp_path)
