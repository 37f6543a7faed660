"""The screen that compares runs, key by key, and the ways in and out of it."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from eostui.dashboard.app import Dashboard
from eostui.dashboard.chart_grid import ChartGrid
from eostui.dashboard.widgets.chart import Chart
from eostui.reading.axes import AXES
from eostui.reading.feed import Feed, Notice
from eostui.reading.growing import GrowingFeed
from eostui.store import RunFile, clean_text
from tests.dashboard.looking import charts_of, text_of, until
from tests.reading.runs import Run, adaptive, descent
from tests.reading.saved import EDGE_RUN

SIZE = (120, 40)


def _feed(run: Run | None, path: Path, name: str) -> Feed:
    feed = GrowingFeed(RunFile.open(EDGE_RUN if run is None else run.write(path / f"{name[:20]}.h5")))
    feed.name = name
    return feed


def _grid(pilot: Pilot[Any]) -> ChartGrid:
    return pilot.app.screen_stack[0].query_one(ChartGrid)


def _dashboard(tmp_path: Path) -> Dashboard:
    return Dashboard([_feed(None, tmp_path, "edge"), _feed(descent(threshold=20.0), tmp_path, "small")])


async def _settled(pilot: Pilot[Any]) -> None:
    await until(pilot, lambda: "edge" in text_of(pilot) and isinstance(pilot.app.focused, Chart))
    await until(pilot, lambda: "step 699" in text_of(pilot) and "╯" in text_of(pilot))


async def test_runs_are_named_with_where_they_stand_and_share_their_charts(tmp_path: Path) -> None:
    async with _dashboard(tmp_path).run_test(size=SIZE) as pilot:
        await _settled(pilot)
        await until(pilot, lambda: "step 399" in text_of(pilot))
        text = text_of(pilot)
        for word in ("edge", "small", "step 699", "step 399", "S/threshold", "S ÷ threshold", "Loss", "1.00"):
            assert word in text, word
        assert [chart.id for chart in charts_of(pilot)][:2] == ["ratio", "loss"]
        await pilot.press("q")
    assert pilot.app.return_code == 0


async def test_every_axis_shows_every_run(tmp_path: Path) -> None:
    async with _dashboard(tmp_path).run_test(size=SIZE) as pilot:
        await _settled(pilot)
        seen = []
        for name in AXES:
            assert _grid(pilot).axis.name == name
            extent = _grid(pilot).extent()
            assert extent is not None
            seen.append(extent[1])
            await pilot.press("greater_than_sign")
            assert not _grid(pilot).window.whole
            await pilot.press("x")
            assert _grid(pilot).window.whole, "a stretch of steps is none of seconds"
        assert seen[0] == seen[1] == 699
        assert seen[3] == pytest.approx(2 / 12 * 501 + 0.1 * 198, abs=0.5)
        assert _grid(pilot).axis.name == "step"


async def test_the_keys_for_looking_closer_work_here_too(tmp_path: Path) -> None:
    async with _dashboard(tmp_path).run_test(size=SIZE) as pilot:
        await _settled(pilot)
        await pilot.press("w")
        assert not _grid(pilot).window.whole
        await pilot.press("equals_sign", "ctrl+home")
        assert _grid(pilot).window.whole
        assert {chart.cursor_step for chart in charts_of(pilot)} == {0}
        assert "S|ratio" not in text_of(pilot), "the ratio is there already"
        await pilot.press("right_square_bracket", "left_square_bracket", "n", "p", "o", "b", "r")
        assert {chart.cursor_step for chart in charts_of(pilot)} == {0}
        await pilot.press("z")
        await until(pilot, lambda: len(charts_of(pilot)) == 1)
        await pilot.press("z", "escape")
        await until(pilot, lambda: charts_of(pilot)[0].cursor_step is None)
        assert pilot.app.is_running


def _without(run: Run, *names: str) -> Run:
    return dataclasses.replace(run, rows={t: columns for t, columns in run.rows.items() if t.name not in names})


@pytest.mark.parametrize(
    "other",
    [
        adaptive(),
        _without(descent(), "hessian", "gauss_newton", "test"),
        descent(formula="n/a", threshold=math.nan),
        descent(accuracy=False),
    ],
    ids=["adam", "without sharpness", "without a threshold", "regression"],
)
async def test_runs_that_have_little_in_common_are_compared_in_what_they_have(tmp_path: Path, other: Run) -> None:
    feeds = [_feed(None, tmp_path, "edge"), _feed(other, tmp_path, "other")]
    async with Dashboard(feeds).run_test(size=SIZE) as pilot:
        await _settled(pilot)
        assert "nan" not in text_of(pilot)
        for _ in AXES:
            await pilot.press("x")
        await until(pilot, lambda: "other" in text_of(pilot))


@pytest.mark.parametrize("name", ["x" * 200, "👩‍🔬 实验", "שלום", "a\x1b[31mb\tc\nd"], ids=ascii)
@pytest.mark.parametrize("size", [(60, 16), (120, 40)], ids=str)
async def test_no_name_breaks_the_screen(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    run = descent()
    feeds = [_feed(run, tmp_path, "one"), _feed(run, tmp_path, "two")]
    feeds[1].name = clean_text(name, 100)
    async with Dashboard(feeds).run_test(size=size) as pilot:
        await until(pilot, lambda: "one" in text_of(pilot) and "╯" in text_of(pilot))
        assert "\x1b[31m" not in text_of(pilot)
        assert len(text_of(pilot).splitlines()) == size[1]
        assert all(chart.size.height >= 7 for chart in charts_of(pilot))


async def test_a_run_that_breaks_meanwhile_is_told_of_and_the_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dashboard = _dashboard(tmp_path)
    async with dashboard.run_test(size=SIZE, notifications=True) as pilot:
        await _settled(pilot)
        monkeypatch.setattr(GrowingFeed, "poll", lambda self: [Notice(f"{self.name} is broken", "error")])
        await until(pilot, lambda: "small is broken" in text_of(pilot))
        assert "S ÷ threshold" in text_of(pilot)
