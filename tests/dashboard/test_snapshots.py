"""What the dashboard looks like, as pictures; after a wanted change, `pytest --snapshot-update`, and look at them."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from eostui.dashboard.app import Dashboard
from eostui.reading.replay import ReplayFeed
from eostui.store import TRAIN, RunFile
from tests.reading.runs import adaptive, instrumented, minibatches, scheduled
from tests.reading.saved import FeedOf

Compare = Callable[..., bool]


def _dashboard(run: RunFile, step: int, theme: str = "textual-dark") -> Dashboard:
    feed = ReplayFeed(run, start=step)
    feed.playing = False
    dashboard = Dashboard(feed)
    dashboard.theme = theme
    return dashboard


def _drawn(*keys: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    async def settle(pilot: Pilot[Any]) -> None:
        await pilot.pause(0.5)
        await pilot.press(*keys)
        await pilot.pause(0.5)

    return settle


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_a_run_at_the_edge(snap_compare: Compare, edge_run: RunFile, size: tuple[int, int]) -> None:
    assert snap_compare(_dashboard(edge_run, 480), terminal_size=size, run_before=_drawn())


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_an_adaptive_optimizer_at_the_edge(snap_compare: Compare, feed_of: FeedOf, size: tuple[int, int]) -> None:
    assert snap_compare(Dashboard(feed_of(adaptive())), terminal_size=size, run_before=_drawn())


def test_minibatches_on_a_schedule(snap_compare: Compare, feed_of: FeedOf) -> None:
    run, warmed_up = minibatches(), scheduled()
    run = dataclasses.replace(run, rows=run.rows | {TRAIN: warmed_up.rows[TRAIN]})
    assert snap_compare(Dashboard(feed_of(run, start=300)), terminal_size=(120, 40), run_before=_drawn())


def test_the_terminals_own_colours(snap_compare: Compare, edge_run: RunFile) -> None:
    dashboard = _dashboard(edge_run, 480, theme="ansi-dark")
    assert snap_compare(dashboard, terminal_size=(120, 40), run_before=_drawn())


def test_a_changed_step_size_with_a_cursor(snap_compare: Compare, edge_run: RunFile) -> None:
    assert snap_compare(_dashboard(edge_run, 699), terminal_size=(120, 40), run_before=_drawn("tab", "ctrl+end"))


@pytest.mark.parametrize(("size", "keys"), [((80, 24), ["n"]), ((120, 40), [])], ids=["80x24", "120x40"])
def test_tracked_and_certified_and_a_spectral_density(
    snap_compare: Compare, feed_of: FeedOf, size: tuple[int, int], keys: list[str]
) -> None:
    feed = feed_of(
        dataclasses.replace(instrumented(), events=((100, "cadence", {"eig_every": 50, "tracked_every": 2}),))
    )
    assert snap_compare(Dashboard(feed), terminal_size=size, run_before=_drawn(*keys))
