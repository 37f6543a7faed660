"""A real run at the edge of stability, recorded once, for everything that draws."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eostui.store import RunFile

EDGE_RUN = Path(__file__).resolve().parent.parent / "data" / "edge.h5"
"""Recorded with: eostui run --lr 2/12 --steps 700 --eig-every 20 --eigs 2, and in another terminal
`eostui control edge lr 2/20`, which came to hold from step 501 on."""


@pytest.fixture
def edge_run() -> Iterator[RunFile]:
    with RunFile.open(EDGE_RUN) as file:
        yield file
