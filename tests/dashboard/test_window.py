"""Which steps are shown: all, the last ones, or a stretch."""

from __future__ import annotations

import pytest

from eostui.dashboard.window import NARROWEST, Window

FIRST, NEWEST = 0.0, 1000.0


def test_at_first_the_whole_run_is_shown_with_room_to_grow() -> None:
    assert Window().over(FIRST, NEWEST) == (0.0, 1000.0)
    assert Window().over(FIRST, 1001.0)[1] > 1001.0


def test_the_last_steps_are_followed() -> None:
    window = Window().last(200, NEWEST)
    assert window.over(FIRST, NEWEST) == (800.0, 1000.0)
    assert window.over(FIRST, 1500.0) == (1300.0, 1500.0)
    assert window.over(FIRST, 100.0) == (0.0, 100.0), "never before the first step"


def test_looking_closer_keeps_the_step_under_the_mouse_in_its_place() -> None:
    window = Window().zoomed(400, 0.5, FIRST, NEWEST)
    start, stop = window.over(FIRST, NEWEST)
    assert (start, stop) == (200.0, 700.0)
    assert (400 - start) / (stop - start) == pytest.approx(0.4)
    assert not window.follows
    assert window.zoomed(400, 2.0, FIRST, NEWEST) == Window(), "and back to all"


def test_looking_closer_at_the_newest_step_follows_it() -> None:
    window = Window().zoomed(NEWEST, 0.25, FIRST, NEWEST)
    assert window.over(FIRST, NEWEST) == (750.0, 1000.0)
    assert window.over(FIRST, 1100.0) == (850.0, 1100.0)


def test_a_window_is_never_narrower_than_a_few_steps() -> None:
    window = Window()
    for _ in range(50):
        window = window.zoomed(500, 0.5, FIRST, NEWEST)
    start, stop = window.over(FIRST, NEWEST)
    assert stop - start == pytest.approx(NARROWEST)
    assert start <= 500 <= stop


def test_a_window_moves_as_far_as_the_run_reaches() -> None:
    window = Window((400.0, 600.0), follows=False)
    assert window.panned(0.5, FIRST, NEWEST).over(FIRST, NEWEST) == (500.0, 700.0)
    assert window.panned(-9, FIRST, NEWEST).over(FIRST, NEWEST) == (0.0, 200.0)
    at_end = window.panned(9, FIRST, NEWEST)
    assert at_end.over(FIRST, NEWEST) == (800.0, 1000.0)
    assert at_end.follows, "at the newest step it goes on with the run"
    assert at_end.panned(1, FIRST, NEWEST) is at_end


def test_a_stretch_can_be_dragged_in_either_direction() -> None:
    assert Window().chosen(700, 300, FIRST, NEWEST).over(FIRST, NEWEST) == (300.0, 700.0)
    assert Window().chosen(300, 301, FIRST, NEWEST) == Window(), "that was a click"
    assert Window().chosen(900, 1200, FIRST, NEWEST).follows


def test_going_to_a_step_moves_the_window_only_where_it_must() -> None:
    window = Window((400.0, 600.0), follows=False)
    assert window.showing(500, FIRST, NEWEST) is window
    start, stop = window.showing(100, FIRST, NEWEST).over(FIRST, NEWEST)
    assert start <= 100 <= stop
    assert stop - start == 200.0
