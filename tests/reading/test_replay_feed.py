"""A replay shows at every moment what was known at that moment."""

from __future__ import annotations

import numpy as np
import pytest

from eostui.reading.happenings import happenings_of
from eostui.reading.marks import marks_of
from eostui.reading.replay import LONGEST_WAIT, SPEEDS, ReplayFeed
from eostui.store import RunFile


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def feed(edge_run: RunFile, clock: Clock) -> ReplayFeed:
    return ReplayFeed(edge_run, clock=clock)


def test_it_starts_at_the_first_step_with_what_was_measured_there(feed: ReplayFeed) -> None:
    assert feed.step == 0
    assert feed.series["train"].shown == 1
    assert feed.series["hessian"].shown == 1


def test_time_passes_as_it_was_recorded_at_speed_1(feed: ReplayFeed, clock: Clock) -> None:
    time = feed.series["train"].all("time")
    waits = np.minimum(np.diff(time, prepend=time[0]), LONGEST_WAIT)
    for seconds in (0.5, 1.0, 3.0):
        clock.now = seconds
        feed.poll()
        assert feed.step == np.searchsorted(np.cumsum(waits), seconds, side="right") - 1


def test_ten_times_the_speed_is_a_tenth_of_the_time(edge_run: RunFile) -> None:
    slow_clock, fast_clock = Clock(), Clock()
    slow, fast = ReplayFeed(edge_run, clock=slow_clock), ReplayFeed(edge_run, speed=10.0, clock=fast_clock)
    slow_clock.now, fast_clock.now = 4.0, 0.4
    slow.poll()
    fast.poll()
    assert slow.step == fast.step > 0


def test_it_never_shows_a_row_of_a_later_step(feed: ReplayFeed) -> None:
    for step in range(0, feed.last_step, 7):
        feed.seek(step)
        for name, series in feed.series.items():
            shown = series["step"]
            assert len(shown) == np.count_nonzero(series.all("step") <= step), name


def test_it_stops_at_the_end_and_plays_again_from_the_start(feed: ReplayFeed, clock: Clock) -> None:
    clock.now = 1e6
    feed.poll()
    assert feed.at_end
    assert not feed.playing
    assert feed.series["events"].shown == feed.series["events"].length
    feed.toggle()
    assert (feed.step, feed.playing) == (0, True)


def test_pausing_holds_it_where_it_is(feed: ReplayFeed, clock: Clock) -> None:
    clock.now = 2.0
    feed.poll()
    feed.toggle()
    here = feed.step
    clock.now = 50.0
    feed.poll()
    feed.toggle()
    feed.poll()
    assert feed.step == here


def test_it_goes_from_mark_to_mark_and_not_to_notes(feed: ReplayFeed) -> None:
    feed.seek(feed.last_step)
    marked = sorted({int(mark.x) for mark in marks_of(feed)})
    assert 501 in marked  # the change of η
    assert {happening.step for happening in happenings_of(feed)} - set(marked)
    feed.seek(0)
    met = []
    for _ in marked:
        feed.seek_event(1)
        met.append(feed.step)
    assert met == marked
    feed.seek_event(1)
    assert feed.step == marked[-1]
    feed.seek_event(-1)
    assert feed.step == marked[-2]


@pytest.mark.parametrize("step", [-5, 0, 13, 10**9])
def test_seeking_goes_as_near_as_it_can(feed: ReplayFeed, step: int) -> None:
    feed.seek(step)
    assert feed.step == min(max(step, 0), feed.last_step)


def test_single_steps_go_both_ways_and_stop_at_the_ends(feed: ReplayFeed) -> None:
    feed.seek(10)
    feed.seek_row(1)
    assert feed.step == 11
    feed.seek_row(-2)
    assert feed.step == 9
    feed.seek_row(-100)
    assert feed.step == 0
    feed.seek(feed.last_step)
    feed.seek_row(1)
    assert feed.step == feed.last_step


def test_the_speed_has_ends(feed: ReplayFeed) -> None:
    for _ in range(2 * len(SPEEDS)):
        feed.change_speed(1)
    assert feed.speed == SPEEDS[-1]
    for _ in range(2 * len(SPEEDS)):
        feed.change_speed(-1)
    assert feed.speed == SPEEDS[0]


def test_its_status_is_that_of_the_moment(feed: ReplayFeed) -> None:
    assert feed.status == "running"
    feed.seek(feed.last_step - 1)
    assert feed.status == "running"
    feed.seek(feed.last_step)
    assert feed.status == "finished"
    feed.seek_row(-1)
    assert feed.status == "running"
    feed.seek_event(-1)
    assert feed.status == "running"
