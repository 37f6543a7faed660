"""What a shell is told of a training that is over says where it ended, and never a step that there was not."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import pytest

from eostui.link.client import LinkClient
from eostui.link.messages import Ended
from eostui.reading.ending import ending_of
from eostui.reading.live import LiveFeed
from eostui.reading.series import Series
from eostui.store import TRAIN


def _ended(directory: Path, status: str, text: str, steps: int) -> LiveFeed:
    """A feed that has heard the last word of its trainer after so many steps."""
    feed = LiveFeed(cast(LinkClient, None), directory / "demo")
    feed.series = {"train": Series(TRAIN)}
    columns = dict.fromkeys(("time", "lr", "threshold", "loss", "accuracy", "grad_norm"), np.ones(steps))
    feed.series["train"].extend({"step": np.arange(steps), **columns})
    feed.status, feed.ended = status, Ended(text, 0)
    return feed


@pytest.mark.parametrize(
    ("status", "steps", "told"),
    [
        ("stopped", 0, "demo: stopped before step 0"),
        ("stopped", 8, "demo: stopped at step 7"),
        ("finished", 2001, "demo: finished at step 2,000"),
    ],
)
def test_it_names_the_last_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str, steps: int, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert ending_of(_ended(tmp_path, status, status, steps)) == f"{told}; watch again: eostui replay demo"


def test_a_failure_is_told_as_the_trainer_told_it(tmp_path: Path) -> None:
    assert ending_of(_ended(tmp_path, "failed", "no memory is left", 3)) == "no memory is left"


def test_a_trainer_without_a_last_word_is_told_by_its_demise(tmp_path: Path) -> None:
    feed = _ended(tmp_path, "died", "", 3)
    feed.ended, feed.demise = None, "the trainer ended by signal 9"
    assert ending_of(feed) == "the trainer ended by signal 9"
