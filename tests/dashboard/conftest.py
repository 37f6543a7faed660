"""A real run at the edge of stability, recorded once, for everything that draws."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eostui.store import RunFile

EDGE_RUN = Path(__file__).resolve().parent.parent / "data" / "edge.h5"
"""Recorded with: eostui run --lr 2/12 --steps 700 --eig-every 20 --eigs 2, η changed to 2/20 by hand at step 500."""


@pytest.fixture
def edge_run() -> Iterator[RunFile]:
    with RunFile.open(EDGE_RUN) as file:
        yield file
