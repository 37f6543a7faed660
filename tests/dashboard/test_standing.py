"""Where a run stands, in words: two lines at the top, what is told before step 0, and the course in the overview."""

from __future__ import annotations

import dataclasses
import math
import re

import numpy as np
import pytest

from eostui.dashboard.briefed import briefed_of
from eostui.dashboard.course import course_of
from eostui.dashboard.standing import standing_of
from eostui.dashboard.widgets.status_line import StatusLine
from eostui.reading.feed import Feed
from eostui.reading.present_sharpness import PresentSharpness
from eostui.reading.replay import ReplayFeed
from eostui.store import RunFile
from tests.dashboard.widgets.screen_text import Stage
from tests.reading.runs import adaptive, descent, minibatches, scheduled
from tests.reading.saved import FeedOf

WIDTHS = (40, 50, 60, 70, 80, 100, 120, 160, 200)


async def _shown(feed: Feed, width: int) -> list[str]:
    line = StatusLine()
    async with Stage(line).run_test(size=(width, 5)) as pilot:
        line.show(standing_of(feed, "replay held", ""))
        await pilot.pause()
        return [line.render_line(y).text.strip() for y in range(2)]


@pytest.mark.parametrize("width", WIDTHS)
async def test_no_width_cuts_a_number_or_makes_two_lines_of_one(edge_run: RunFile, width: int) -> None:
    feed = ReplayFeed(edge_run, start=480)
    widest = " ".join(await _shown(feed, 400))
    shown = await _shown(feed, width)
    assert len(shown) == 2
    assert shown[0].startswith("AT THE EDGE")
    for number in re.findall(r"\d[\d.,/]*", " ".join(shown)):
        assert number in re.findall(r"\d[\d.,/]*", widest), number
    assert "…" not in shown[0] + shown[1]


async def test_what_matters_most_is_left_out_last(edge_run: RunFile) -> None:
    feed = ReplayFeed(edge_run, start=480)
    texts = {width: " ".join(await _shown(feed, width)) for width in WIDTHS}
    words = ("[edge]", "step 480", "steps/s", "fc-tanh", "loss", "η 2/12")
    least = {word: min(width for width in WIDTHS if word in texts[width]) for word in words}
    assert least["step 480"] <= 60 < least["[edge]"]
    assert least["η 2/12"] == 40
    assert least["η 2/12"] <= least["loss"] <= least["steps/s"] <= least["fc-tanh"]


async def test_a_run_without_a_threshold_has_no_gauge(feed_of: FeedOf) -> None:
    first, second = await _shown(feed_of(descent(formula="n/a", threshold=math.nan)), 120)
    assert "S/threshold" not in first
    assert "edge" not in second


@pytest.mark.parametrize("make", [adaptive, descent, minibatches, scheduled])
async def test_nothing_that_is_not_finite_is_written(feed_of: FeedOf, make: object) -> None:
    feed = feed_of(make())  # type: ignore[operator]
    for step in (0, 1, feed.last_step):
        feed.seek(step)
        text = " ".join(await _shown(feed, 200))
        assert not re.search(r"\bnan\b|\binf\b|-1\b", text), text


def test_before_step_0_there_is_neither_step_nor_value(feed_of: FeedOf) -> None:
    feed = feed_of(descent())
    feed.series = {}
    standing = standing_of(feed, "replay held", "")
    assert standing.ratio is None
    assert standing.regime.spans[0][0] == "FINISHED"
    assert "step" not in str(standing)
    assert "loss" not in str(standing.second).replace("'loss'", "")


def test_a_run_that_ended_before_step_0_is_told_as_such(feed_of: FeedOf) -> None:
    feed = feed_of(descent())
    feed.status = "failed"
    briefed = briefed_of(feed)
    assert [stage.name for stage in briefed.stages] == ["failed before step 0: there is nothing to draw"]
    assert briefed.paragraphs == ()


def test_the_course_is_the_share_of_the_threshold_as_far_as_one_is_known(edge_run: RunFile, feed_of: FeedOf) -> None:
    feed = ReplayFeed(edge_run, start=480)
    steps, values = course_of(feed)
    assert (np.diff(steps) > 0).all()
    present = PresentSharpness.of(feed)
    assert present is not None
    assert values[-1] == pytest.approx(present.ratio)
    without = course_of(feed_of(descent(formula="n/a", threshold=math.nan)))[1]
    assert (without.min(), without.max()) == (pytest.approx(0.4 / 1.0, abs=0.01), 1.0)


def test_without_sharpness_the_course_is_that_of_the_loss(feed_of: FeedOf) -> None:
    run = descent()
    bare = {table: columns for table, columns in run.rows.items() if table.name == "train"}
    steps, values = course_of(feed_of(dataclasses.replace(run, rows=bare)))
    assert len(steps) == 400
    assert (values.min(), values.max()) == (0.0, 1.0)
    assert (np.diff(values) < 0).all()
