"""How far a run is, and how long it will take, is told from its rows alone, and a pause counts for nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eostui.durations import duration
from eostui.reading.progress import PhaseClock, Progress, speeds
from eostui.reading.readings import readings_of
from eostui.reading.series import Series
from eostui.store import EVENTS, TRAIN
from tests.reading.given import GivenFeed
from tests.reading.runs import table


def _feed(times: np.ndarray, *events: tuple[float, str], steps: int | None = 1000) -> GivenFeed:
    """A run with a row at each of these times; half of the time went into measuring, every ten steps."""
    train, timing, happened = Series(TRAIN), Series(table("timing")), Series(EVENTS)
    count = len(times)
    others = dict.fromkeys(("lr", "threshold", "loss", "accuracy", "grad_norm"), np.ones(count))
    train.extend({"step": np.arange(count), "time": times, **others})
    at = np.arange(10, count, 10)
    passed = times[at] - times[at - 10]
    usual = np.median(passed) if len(passed) else 1.0
    shares = 0.5 * usual / passed  # a pause is no measuring
    timing.extend({"step": at, "time": times[at], "steps_per_second": 10 / passed, "measuring_share": shares})
    for time, kind in events:
        happened.extend(
            {
                "step": np.array([0]),
                "time": np.array([time]),
                "kind": np.array([kind.encode()]),
                "detail": np.array([b"{}"]),
            }
        )
    return GivenFeed({"train": train, "timing": timing, "events": happened}, {"steps": steps}, {})


def test_it_is_extrapolated_from_the_recent_past() -> None:
    slow, fast = np.arange(100) * 10.0, 1000.0 + 0.5 * np.arange(300)
    progress = Progress.of(_feed(np.concatenate([slow, fast])))
    assert (progress.step, progress.total) == (399, 1000)
    assert progress.rate == pytest.approx(2.0)
    assert progress.left == pytest.approx(300)
    assert progress.text == "5 min left"
    assert progress.measuring == pytest.approx(0.5)


def test_a_pause_counts_for_nothing() -> None:
    times = 0.2 * np.arange(101)
    times[55:] += 600
    feed = _feed(times, (10.9, "pause"), (610.9, "resume"))
    progress = Progress.of(feed)
    assert progress.rate == pytest.approx(5.0)
    assert progress.measuring == pytest.approx(0.5)
    shown = {reading.label: reading.values(feed) for reading in readings_of(feed)}
    np.testing.assert_allclose(shown["steps/s"], 5.0)
    np.testing.assert_allclose(shown["measuring"], 0.5)


def test_while_it_is_paused_the_speed_is_that_of_before() -> None:
    feed = _feed(0.2 * np.arange(51), (10.0, "pause"))
    assert Progress.of(feed).rate == pytest.approx(5.0)
    np.testing.assert_allclose(speeds(feed), 5.0)


def test_a_run_without_an_end_has_no_time_left() -> None:
    progress = Progress.of(_feed(np.arange(50.0), steps=None))
    assert progress.rate == pytest.approx(1.0)
    assert math.isnan(progress.left)
    assert progress.text == ""


@pytest.mark.parametrize("rows", [0, 1])
def test_before_the_second_row_nothing_is_known(rows: int) -> None:
    progress = Progress.of(_feed(np.arange(float(rows))))
    assert (progress.step, progress.text) == (rows - 1, "")


def test_after_the_last_step_nothing_is_left() -> None:
    assert Progress.of(_feed(np.arange(30.0), steps=30)).left == 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (40, "40 s"), (89, "89 s"), (360, "6 min"), (6480, "1.8 h"), (40 * 3600, "40 h"), (6e5, "6.9 days")],
)
def test_a_time_has_a_unit_of_its_own(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_time_that_a_phase_will_take_is_extrapolated_from_where_it_was_first_seen() -> None:
    now = [100.0]
    phase = PhaseClock(lambda: now[0])
    phase.take("computing the gradient", 0.2)
    assert math.isnan(phase.left)
    now[0] = 110.0
    phase.take("computing the gradient", 0.4)
    assert phase.elapsed == 10.0
    assert phase.left == pytest.approx(30.0)
    now[0] = 115.0
    assert phase.elapsed == 15.0
    assert phase.left == pytest.approx(25.0)
    phase.take("measuring the Hessian", None)
    assert phase.elapsed == 0.0
    assert math.isnan(phase.left)
