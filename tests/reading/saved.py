"""A real run at the edge of stability, recorded once, and runs of other kinds, for everything that draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from eostui.reading.replay import ReplayFeed
from eostui.store import RunFile
from tests.reading.runs import Run

EDGE_RUN = Path(__file__).resolve().parent.parent / "data" / "edge.h5"
"""Recorded with: eostui run --lr 2/12 --steps 700 --eig-every 20 --eigs 2, and in another terminal
`eostui control edge lr 2/20`, which came to hold from step 501 on."""

FeedOf = Callable[..., ReplayFeed]


@pytest.fixture
def edge_run() -> Iterator[RunFile]:
    with RunFile.open(EDGE_RUN) as file:
        yield file


@pytest.fixture
def feed_of(tmp_path: Path) -> FeedOf:
    """Replays a run, held at its end or at a step."""

    numbers = count()

    def feed_of(run: Run, start: int = 10**9) -> ReplayFeed:
        with RunFile.open(run.write(tmp_path / f"run{next(numbers)}.h5")) as file:
            feed = ReplayFeed(file, start=start)
        feed.playing = False
        return feed

    return feed_of
