"""The keys that choose charts, enlarge, order and dress them, on a run that has more of them than fit."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot

from eostui.dashboard.app import Dashboard
from eostui.dashboard.chart_grid import ChartGrid
from eostui.dashboard.screens.charts import ChartsScreen
from eostui.dashboard.screens.replay import ReplayScreen
from eostui.dashboard.widgets.chart import Chart
from tests.dashboard.looking import charts_of, text_of, until
from tests.dashboard.widgets.screen_text import headline
from tests.reading.runs import descent, instrumented
from tests.reading.saved import FeedOf

SIZE = (120, 40)


def _grid(pilot: Pilot[Any]) -> ChartGrid:
    return pilot.app.screen_stack[0].query_one(ChartGrid)


def _shown(pilot: Pilot[Any]) -> list[str]:
    return [str(chart.id) for chart in charts_of(pilot)]


async def test_a_number_chooses_a_chart_and_once_more_enlarges_it(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(descent())).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "step 399" in text_of(pilot) and isinstance(pilot.app.focused, Chart))
        names = _shown(pilot)
        assert names == ["sharpness", "loss", "gauss-newton"]
        for number in (2, 1, 3):
            await pilot.press(str(number))
            assert pilot.app.focused is charts_of(pilot)[number - 1]
        await pilot.press("9")
        assert _shown(pilot) == names, "there is no ninth chart"
        await pilot.press("3")
        await until(pilot, lambda: _shown(pilot) == ["gauss-newton"])
        await pilot.press("1")
        await until(pilot, lambda: _shown(pilot) == ["sharpness"])
        await pilot.press("z")
        await until(pilot, lambda: _shown(pilot) == names)
        await pilot.press("2", "j")
        await until(pilot, lambda: getattr(pilot.app.focused, "id", "") == "gauss-newton")
        await pilot.press("k", "k")
        await until(pilot, lambda: getattr(pilot.app.focused, "id", "") == "sharpness")


async def test_the_ratio_and_the_logarithm_are_switched_and_back(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(descent())).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "step 399" in text_of(pilot) and isinstance(pilot.app.focused, Chart))
        sharpness = charts_of(pilot)[0]
        assert "λ₁ 10.0" in headline(sharpness)
        await pilot.press("r")
        await until(pilot, lambda: "λ₁ 1.00" in headline(sharpness))
        assert "9.00" in headline(charts_of(pilot)[2]), "only the first chart is a share of the threshold"
        await pilot.press("o")
        await until(pilot, lambda: "Sharpness ÷ threshold log" in headline(sharpness))
        await pilot.press("o", "r")
        await until(pilot, lambda: "λ₁ 10.0" in headline(sharpness) and "log" not in headline(sharpness))


async def test_pages_are_turned_and_numbers_find_charts_on_other_pages(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(instrumented())).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "page 1/" in text_of(pilot))
        first, pages = _shown(pilot), _grid(pilot).page[1]
        await pilot.press("n")
        await until(pilot, lambda: f"page 2/{pages}" in text_of(pilot))
        second = _shown(pilot)
        assert second != first
        await pilot.press("p", "p")
        await until(pilot, lambda: f"page {pages}/{pages}" in text_of(pilot))
        await pilot.press("pagedown")
        await until(pilot, lambda: f"page 1/{pages}" in text_of(pilot))
        away = next(
            number
            for number, picture in enumerate(_grid(pilot).pictures, 1)
            if picture.name in set(second) - set(first)
        )
        await pilot.press(str(away))
        await until(pilot, lambda: pilot.app.focused in charts_of(pilot) and _shown(pilot) == second)
        await pilot.press("z", "n")
        await until(pilot, lambda: len(_shown(pilot)) == 1)
        assert "step 399" in text_of(pilot)


async def test_charts_are_hidden_and_moved_by_a_dialog(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(descent())).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "step 399" in text_of(pilot))
        await pilot.press("v")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChartsScreen) and "[x]  1 Sharpness" in text_of(pilot))
        await pilot.press("down", "space")
        await until(pilot, lambda: "[ ]  2 Loss" in text_of(pilot))
        await pilot.press("down", "shift+up", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReplayScreen))
        await until(pilot, lambda: _shown(pilot) == ["sharpness", "gauss-newton"])
        await pilot.press("v")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChartsScreen))
        await pilot.press("space", "escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReplayScreen))
        assert _shown(pilot) == ["sharpness", "gauss-newton"], "Esc changes nothing"


async def test_the_last_chart_cannot_be_hidden(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(descent())).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "step 399" in text_of(pilot))
        await pilot.press("v")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChartsScreen))
        await pilot.press("space", "down", "space", "down", "space")
        await until(pilot, lambda: text_of(pilot).count("[ ]") == 2)
        await pilot.press("enter")
        await until(pilot, lambda: _shown(pilot) == ["gauss-newton"])
