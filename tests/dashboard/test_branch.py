"""A new run that branches off from what is on the screen."""

from __future__ import annotations

from eostui.dashboard.app import Dashboard
from eostui.dashboard.screens.step_size import StepSizeScreen
from eostui.reading.replay import ReplayFeed
from eostui.store import RunFile
from tests.dashboard.looking import text_of, until


async def test_a_replay_branches_off_where_it_is_held(edge_run: RunFile) -> None:
    feed = ReplayFeed(edge_run, start=400)
    feed.playing = False
    dashboard = Dashboard(feed)
    async with dashboard.run_test(size=(120, 40)) as pilot:
        await pilot.press("B")
        await until(pilot, lambda: isinstance(pilot.app.screen, StepSizeScreen))
        assert "Step size η of a new run that branches off at step 400, now" in text_of(pilot)
        assert "Enter starts the new run and shows it" in text_of(pilot)
        await pilot.press("ctrl+u", *"2/5")
        await until(pilot, lambda: "new 2/η 5.00" in text_of(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: dashboard.branch is not None)
    assert dashboard.branch is not None
    assert (dashboard.branch.directory, dashboard.branch.at, dashboard.branch.lr) == (feed.directory, 400, 0.4)
    assert dashboard.return_code == 0


async def test_who_thinks_better_of_it_stays(edge_run: RunFile) -> None:
    feed = ReplayFeed(edge_run, start=400)
    dashboard = Dashboard(feed)
    async with dashboard.run_test(size=(120, 40)) as pilot:
        await pilot.press("B", "escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, StepSizeScreen))
        assert dashboard.is_running
    assert dashboard.branch is None


async def test_nothing_branches_off_before_there_is_a_step(edge_run: RunFile) -> None:
    feed = ReplayFeed(edge_run)
    feed.playing = False
    dashboard = Dashboard(feed)
    async with dashboard.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.press("B")
        await until(pilot, lambda: "a run branches off from step 1 on" in text_of(pilot))
        assert not isinstance(pilot.app.screen, StepSizeScreen)
