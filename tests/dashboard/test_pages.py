"""More charts than fit are on pages, of which each is full and keeps what the others are held against."""

from __future__ import annotations

from textual.pilot import Pilot

from eostui.dashboard.app import Dashboard
from eostui.dashboard.chart_grid import ChartGrid
from tests.dashboard.looking import charts_of, text_of, until
from tests.reading.runs import instrumented
from tests.reading.saved import FeedOf


async def _settled(pilot: Pilot[None], page: str) -> None:
    await until(pilot, lambda: all(word in text_of(pilot) for word in (page, "step 399", "╯")))


async def test_keys_turn_the_page_round_and_back(feed_of: FeedOf) -> None:
    seen, size = set(), (120, 40)
    async with Dashboard(feed_of(instrumented())).run_test(size=size) as pilot:
        await _settled(pilot, "page 1/")
        pages = pilot.app.screen.query_one(ChartGrid).page[1]
        assert pages > 1
        for page in [*range(pages), 0]:
            await _settled(pilot, f"page {page + 1}/{pages}")
            shown = charts_of(pilot)
            seen |= {chart.id for chart in shown}
            assert len(shown) == len(pilot.app.screen.query_one(ChartGrid).arrangement.slots)
            assert {"sharpness", "loss"} <= {chart.id for chart in shown}
            assert sum(chart.region.area for chart in shown) == size[0] * (size[1] - 2 - 1 - 5)
            assert "no data yet" not in text_of(pilot)
            assert pilot.app.focused in shown
            await pilot.press("n")
        await pilot.press("p", "p")
        await _settled(pilot, f"page {pages}/{pages}")
        assert len(seen) == 12


async def test_a_chart_keeps_its_number_on_every_page_and_is_found_by_it(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(instrumented())).run_test(size=(80, 24)) as pilot:
        await _settled(pilot, "page 1/")
        await pilot.press("9")
        await until(pilot, lambda: any(chart.number == 9 for chart in charts_of(pilot)))
        (ninth,) = [chart for chart in charts_of(pilot) if chart.number == 9]
        assert pilot.app.focused is ninth
        await pilot.press("9")
        await until(pilot, lambda: charts_of(pilot) == [ninth])
        assert ninth.size.width == 80


async def test_on_a_large_screen_nearly_everything_is_on_one_page(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(instrumented())).run_test(size=(200, 60)) as pilot:
        await _settled(pilot, "page 1/2")
        assert len(charts_of(pilot)) == 11
        assert sum(chart.region.area for chart in charts_of(pilot)) == 200 * (60 - 2 - 3 - 1 - 5)
        pilot.app.screen.query_one("#sharpness").focus()
        await pilot.press("z")
        await until(pilot, lambda: len(charts_of(pilot)) == 1)
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: [chart.id for chart in charts_of(pilot)] == ["sharpness"])
        await pilot.press("z")
        await until(pilot, lambda: len(charts_of(pilot)) > 1)


async def test_a_cursor_and_a_glyph_set_hold_on_the_page_that_is_turned_to(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(instrumented())).run_test(size=(120, 40)) as pilot:
        await _settled(pilot, "page 1/")
        await pilot.press("b", "b", "ctrl+end", "left", "n")
        await until(pilot, lambda: "page 2/" in text_of(pilot))
        charts = charts_of(pilot)
        assert charts[0].id == "sharpness"
        assert len({chart.cursor_step for chart in charts}) == 1
        assert charts[0].cursor_step is not None
        assert {chart.glyphs for chart in charts} == {"ascii"}
        await pilot.press("escape")
        assert all(chart.cursor_step is None for chart in charts)


async def test_the_help_defines_the_charts_of_every_page(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(instrumented())).run_test(size=(80, 300)) as pilot:
        await _settled(pilot, "step")
        await pilot.press("question_mark")
        await until(pilot, lambda: "Rayleigh quotient" in text_of(pilot) and "The next page" in text_of(pilot))
        for title in ("Loss curvature", "Spectral density", "Batch sharpness", "Lowest eigenvalue", "Hessian trace"):
            assert title in text_of(pilot), title


async def test_a_run_that_becomes_known_while_the_view_is_frozen_can_be_resized(feed_of: FeedOf) -> None:
    feed = feed_of(instrumented())
    tables, feed.series = feed.series, {}
    async with Dashboard(feed).run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "there is nothing to draw" in text_of(pilot))
        await pilot.press("f")
        feed.series = tables
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "view frozen" in text_of(pilot))
        await pilot.press("f")
        await until(pilot, lambda: "Sharpness" in text_of(pilot))
