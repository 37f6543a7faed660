"""Every key and every way of the mouse that changes which steps are shown, and which of them is read off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from eostui.dashboard.app import Dashboard
from eostui.dashboard.chart_grid import ChartGrid
from eostui.dashboard.screens.events import EventsScreen
from eostui.dashboard.screens.replay import ReplayScreen
from eostui.dashboard.widgets.chart import Chart
from eostui.dashboard.widgets.event_list import EventList
from eostui.dashboard.widgets.overview import Overview
from eostui.reading.axes import AXES
from eostui.reading.replay import ReplayFeed
from eostui.store import RunFile
from tests.dashboard.looking import charts_of, text_of, turn, until

SIZE = (120, 40)


def _grid(pilot: Pilot[Any]) -> ChartGrid:
    return pilot.app.screen_stack[0].query_one(ChartGrid)


def _stretch(pilot: Pilot[Any]) -> tuple[float, float]:
    """The steps that the charts show."""
    extent = _grid(pilot).extent()
    assert extent is not None
    return _grid(pilot).window.over(*extent)


def _cursors(pilot: Pilot[Any]) -> set[float | None]:
    return {chart.cursor_step for chart in charts_of(pilot)}


@asynccontextmanager
async def _watching(run: RunFile, step: int = 699) -> AsyncIterator[Pilot[Any]]:
    """The run at the edge, which has 700 steps, held at one of them."""
    feed = ReplayFeed(run, start=step)
    feed.playing = False
    async with Dashboard(feed).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: f"step {step}" in text_of(pilot) and isinstance(pilot.app.focused, Chart))
        yield pilot


def _replay(pilot: Pilot[Any]) -> ReplayFeed:
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, ReplayScreen)
    return screen.replay


async def test_keys_change_how_many_steps_are_shown(edge_run: RunFile) -> None:
    async with _watching(edge_run) as pilot:
        assert _grid(pilot).window.whole
        await pilot.press("greater_than_sign")
        start, stop = _stretch(pilot)
        assert stop == 699
        assert 250 < start < 400
        assert _grid(pilot).window.follows
        await pilot.press("less_than_sign")
        assert _grid(pilot).window.whole
        await pilot.press("w")
        assert _stretch(pilot) == (499, 699)
        await pilot.press("w")
        assert _grid(pilot).window.whole, "the run has no thousand steps"
        await pilot.press("greater_than_sign", "greater_than_sign", "H")
        start, stop = _stretch(pilot)
        assert stop < 699
        assert not _grid(pilot).window.follows
        await pilot.press("0")
        assert _stretch(pilot)[1] == 699
        assert _grid(pilot).window.follows
        await pilot.press("equals_sign")
        assert _grid(pilot).window.whole


async def test_shift_and_an_arrow_pan_as_far_as_the_run_goes(edge_run: RunFile) -> None:
    async with _watching(edge_run) as pilot:
        await pilot.press("shift+left")
        assert _grid(pilot).window.whole, "all steps are shown already"
        await pilot.press("greater_than_sign", "shift+left")
        start, stop = _stretch(pilot)
        assert stop - start == pytest.approx(400)
        assert stop < 699
        await pilot.press("shift+right")
        assert _stretch(pilot)[0] > start
        await pilot.press(*["H"] * 10)
        assert _stretch(pilot)[0] == 0
        await pilot.press(*["L"] * 10)
        assert _stretch(pilot)[1] == 699


async def test_the_keys_look_closer_at_the_cursor(edge_run: RunFile) -> None:
    async with _watching(edge_run) as pilot:
        await pilot.press("ctrl+home", "right", "right")
        (cursor,) = _cursors(pilot)
        assert cursor is not None
        await pilot.press(*["greater_than_sign"] * 9)
        start, stop = _stretch(pilot)
        assert start <= cursor <= stop
        assert stop - start >= 4


async def test_the_axis_goes_through_all_that_there_are_and_back(edge_run: RunFile) -> None:
    async with _watching(edge_run) as pilot:
        seen = []
        await pilot.press("ctrl+home", "right")
        for _ in AXES:
            seen.append(_grid(pilot).axis.name)
            assert "nan" not in text_of(pilot)
            await pilot.press("x")
            await pilot.pause()
        assert tuple(seen) == AXES
        assert _grid(pilot).axis.name == "step"


async def test_without_events_to_go_to_the_event_keys_stop_at_the_last_one(edge_run: RunFile) -> None:
    async with _watching(edge_run) as pilot:
        await pilot.press("home")
        seen = []
        for _ in range(6):
            await pilot.press("right_square_bracket")
            seen.append(_replay(pilot).step)
        assert 501 in seen
        assert seen == sorted(seen)
        assert seen[-1] == seen[-2]
        await pilot.press("left_square_bracket")
        assert _replay(pilot).step < seen[-1]


# the mouse


async def test_the_mouse_reads_off_a_click_pins_and_escape_frees(edge_run: RunFile) -> None:
    async with _watching(edge_run) as pilot:
        await pilot.hover("#sharpness", offset=(40, 6))
        await until(pilot, lambda: None not in _cursors(pilot))
        (first,) = _cursors(pilot)
        await pilot.click("#sharpness", offset=(60, 6))
        await pilot.hover("#sharpness", offset=(30, 6))
        await pilot.pause()
        (pinned,) = _cursors(pilot)
        assert pinned is not None
        assert first is not None
        assert pinned > first
        assert all(chart.pinned for chart in charts_of(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: _cursors(pilot) == {None})
        assert not any(chart.pinned for chart in charts_of(pilot))


async def test_a_second_click_frees_the_cursor_and_the_mouse_moves_it_again(edge_run: RunFile) -> None:
    async with _watching(edge_run) as pilot:
        await pilot.click("#loss", offset=(30, 4))
        await pilot.click("#loss", offset=(30, 4))
        (before,) = _cursors(pilot)
        await pilot.hover("#loss", offset=(20, 4))
        await until(pilot, lambda: _cursors(pilot) != {before})


async def test_the_wheel_looks_closer_at_the_step_under_the_mouse(edge_run: RunFile) -> None:
    async with _watching(edge_run) as pilot:
        chart = pilot.app.screen.query_one("#sharpness", Chart)
        assert chart.area is not None
        column = chart.area.left + chart.area.width // 4
        under = chart.area.step(column)
        for _ in range(3):
            await turn(pilot, chart, events.MouseScrollUp, column)
        start, stop = _stretch(pilot)
        assert stop - start < 699 * 0.6
        assert start < under < stop
        assert chart.area.step(column) == pytest.approx(under, abs=2 * (stop - start) / chart.area.width)


async def test_a_stretch_that_is_dragged_over_is_shown(edge_run: RunFile) -> None:
    async with _watching(edge_run) as pilot:
        chart = pilot.app.screen.query_one("#sharpness", Chart)
        assert chart.area is not None
        wanted = chart.area.step(30), chart.area.step(60)
        await pilot.mouse_down("#sharpness", offset=(60, 6))
        await pilot.hover("#sharpness", offset=(45, 6))
        await pilot.hover("#sharpness", offset=(30, 6))
        await pilot.mouse_up("#sharpness", offset=(30, 6))
        await until(pilot, lambda: not _grid(pilot).window.whole)
        assert _stretch(pilot) == pytest.approx(wanted)
        assert not any(chart.pinned for chart in charts_of(pilot)), "a drag is no click"


async def test_the_list_of_events_takes_one_there(edge_run: RunFile) -> None:
    async with _watching(edge_run) as pilot:
        pilot.app.screen.query_one("#below EventList", EventList).focus()
        await pilot.press("home", "enter")
        await until(pilot, lambda: _replay(pilot).step < 699)
        await pilot.press("escape")
        assert isinstance(pilot.app.focused, Chart)
        await pilot.press("end", "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, EventsScreen))
        await until(pilot, lambda: "What happened" in text_of(pilot) and "η 2/12 → 0.1" in text_of(pilot))
        await pilot.press("escape")
        assert _replay(pilot).step == 699
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, EventsScreen))
        await pilot.press("home", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReplayScreen) and _replay(pilot).step < 699)


async def test_the_overview_is_the_scroll_bar_of_the_replay_and_chooses_a_stretch(edge_run: RunFile) -> None:
    async with _watching(edge_run) as pilot:
        overview = pilot.app.screen.query_one(Overview)
        middle = overview.size.width // 2
        await pilot.click(Overview, offset=(middle, 1))
        await until(pilot, lambda: _replay(pilot).step < 699)
        assert _replay(pilot).step == pytest.approx(350, abs=20)
        await pilot.press("end")
        await pilot.mouse_down(Overview, offset=(middle, 1))
        await pilot.mouse_up(Overview, offset=(middle + 10, 1))
        await until(pilot, lambda: not _grid(pilot).window.whole)
        start, stop = _stretch(pilot)
        assert 330 < start < stop < 699
        assert _replay(pilot).step == 699
