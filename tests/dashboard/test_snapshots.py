"""What the dashboard looks like, as pictures; after a wanted change, `pytest --snapshot-update`, and look at them."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot

from eostui.dashboard.app import Dashboard
from eostui.dashboard.picker import RunPicker
from eostui.dashboard.screens.step_size import StepSizeScreen
from eostui.dashboard.widgets.briefing import Briefed, Briefing, Stage
from eostui.reading.growing import GrowingFeed
from eostui.reading.present_sharpness import PresentSharpness
from eostui.reading.replay import ReplayFeed
from eostui.reading.step_size import StepSize
from eostui.store import TRAIN, RunFile
from tests.dashboard.looking import text_of, until
from tests.dashboard.widgets.screen_text import Stage as Shown
from tests.reading.runs import Run, adaptive, descent, instrumented, minibatches, scheduled
from tests.reading.saved import EDGE_RUN, FeedOf

Compare = Callable[..., bool]
Then = Callable[[Pilot[Any]], Awaitable[None]]
SIZE = (120, 40)


def _dashboard(run: RunFile, step: int, theme: str = "eostui-dark") -> Dashboard:
    feed = ReplayFeed(run, start=step)
    feed.playing = False
    dashboard = Dashboard(feed)
    dashboard.theme = theme
    return dashboard


def _drawn(*keys: str, wait: str = "quit") -> Then:
    """Wait until the footer is there, then press keys, and see what comes of them."""

    async def settle(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: wait in text_of(pilot))
        await pilot.pause(0.5)
        await pilot.press(*keys)
        await pilot.pause(0.5)

    return settle


@pytest.mark.parametrize("theme", ["eostui-dark", "eostui-light"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=["80x24", "120x40", "200x60"])
def test_a_run_at_the_edge(snap_compare: Compare, edge_run: RunFile, size: tuple[int, int], theme: str) -> None:
    assert snap_compare(_dashboard(edge_run, 480, theme), terminal_size=size, run_before=_drawn())


def test_the_terminals_own_colours(snap_compare: Compare, edge_run: RunFile) -> None:
    assert snap_compare(_dashboard(edge_run, 480, "ansi-dark"), terminal_size=SIZE, run_before=_drawn())


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_an_adaptive_optimizer_at_the_edge(snap_compare: Compare, feed_of: FeedOf, size: tuple[int, int]) -> None:
    assert snap_compare(Dashboard(feed_of(adaptive())), terminal_size=size, run_before=_drawn())


def test_minibatches_on_a_schedule(snap_compare: Compare, feed_of: FeedOf) -> None:
    run, warmed_up = minibatches(), scheduled()
    run = dataclasses.replace(run, rows=run.rows | {TRAIN: warmed_up.rows[TRAIN]})
    assert snap_compare(Dashboard(feed_of(run, start=300)), terminal_size=SIZE, run_before=_drawn())


def _measured_often() -> Run:
    return dataclasses.replace(instrumented(), events=((100, "cadence", {"eig_every": 50, "tracked_every": 2}),))


@pytest.mark.parametrize(("size", "keys"), [((80, 24), ["n"]), ((120, 40), [])], ids=["80x24", "120x40"])
def test_tracked_and_certified_and_a_spectral_density(
    snap_compare: Compare, feed_of: FeedOf, size: tuple[int, int], keys: list[str]
) -> None:
    feed = feed_of(_measured_often())
    assert snap_compare(Dashboard(feed), terminal_size=size, run_before=_drawn(*keys))


CHANGED = {
    "a cursor": ("tab", "ctrl+end"),
    "the ratio": ("r",),
    "a zoomed chart and a window": ("z", "w"),
    "over the sum of step sizes": ("x", "x", "x"),
    "the help": ("question_mark",),
    "all events": ("e",),
    "the choice of charts": ("v",),
}


@pytest.mark.parametrize("keys", CHANGED.values(), ids=CHANGED)
def test_a_changed_step_size_with(snap_compare: Compare, edge_run: RunFile, keys: tuple[str, ...]) -> None:
    assert snap_compare(_dashboard(edge_run, 699), terminal_size=SIZE, run_before=_drawn(*keys))


def test_a_step_size_is_asked_for(snap_compare: Compare, edge_run: RunFile) -> None:
    dashboard = _dashboard(edge_run, 480)

    async def ask(pilot: Pilot[Any]) -> None:
        await _drawn()(pilot)
        feed = dashboard.screen.feed  # type: ignore[attr-defined]
        charts = dashboard.screen.charts  # type: ignore[attr-defined]

        def preview(threshold: float | None) -> None:
            charts.preview = threshold
            charts.draw()

        await dashboard.push_screen(StepSizeScreen(StepSize.of(feed), 2.0, PresentSharpness.of(feed), preview))
        await pilot.pause(0.5)

    assert snap_compare(dashboard, terminal_size=SIZE, run_before=ask)


def test_runs_that_are_compared(snap_compare: Compare, edge_run: RunFile, tmp_path: Path) -> None:
    other = descent(threshold=20.0).write(tmp_path / "run.h5")
    feeds = [GrowingFeed(RunFile.open(path)) for path in (EDGE_RUN, other)]
    assert snap_compare(Dashboard(feeds), terminal_size=SIZE, run_before=_drawn(wait="back"))


def test_the_list_of_runs(snap_compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("eostui.dashboard.picker._age", lambda age: "2 d")
    for name, run in (("descent", descent()), ("adam", adaptive()), ("minibatches", minibatches())):
        (tmp_path / "runs" / name).mkdir(parents=True)
        run.write(tmp_path / "runs" / name / "run.h5")
    picker = RunPicker(Path("runs"))
    assert snap_compare(picker, terminal_size=SIZE, run_before=_drawn("space", "down", wait="finished"))


def test_a_run_that_failed_before_its_first_step(snap_compare: Compare, feed_of: FeedOf) -> None:
    feed = feed_of(dataclasses.replace(descent(), rows={TRAIN: {"step": np.empty(0)}}))
    feed.status = "failed"
    assert snap_compare(Dashboard(feed), terminal_size=SIZE, run_before=_drawn())


def test_the_start_of_a_run(snap_compare: Compare) -> None:
    stages = (
        *(Stage(name, "done") for name in ("importing torch", "loading the data", "building the network")),
        Stage("compiling the products", "now", 0.4, "12 s left"),
        Stage("measuring the Hessian", "next"),
    )
    costs = "A step will take about 4 s, a measurement 73 s; cheaper with --data cifar10-100."
    briefing = Briefing()
    briefing.show(Briefed(stages, (("What it costs", costs), ("", "You need not wait. Press q."))))
    assert snap_compare(Shown(briefing), terminal_size=(80, 24), run_before=_drawn(wait="importing"))
