"""More panels than fit are on pages, of which each is full and keeps what the others are held against."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from eostui.dashboard.app import Dashboard
from eostui.dashboard.pages import MOST, pages_of, room_for
from eostui.reading.charts import LinePicture
from eostui.store import Line, LineChart
from tests.dashboard.looking import charts_of, text_of, until
from tests.reading.runs import instrumented
from tests.reading.saved import FeedOf

NAMES = ("preconditioned", "sharpness", "loss", "gauss-newton", "jacobian-gram", *(f"more-{n}" for n in range(9)))
PICTURES = [LinePicture("table", LineChart(name, name, "", (Line("column", "line"),))) for name in NAMES]


def _ids(count: int, room: int) -> list[list[str]]:
    return [[picture.name for picture in page] for page in pages_of(PICTURES[:count], room)]


@pytest.mark.parametrize("room", [3, 4, 6, 9, 12])
@pytest.mark.parametrize("count", range(1, len(NAMES) + 1))
def test_every_panel_is_on_a_page_and_every_page_is_full_and_in_order(count: int, room: int) -> None:
    order = list(NAMES[:count])
    pages = _ids(count, room)
    assert {id for page in pages for id in page} == set(order)
    for page in pages:
        assert len(page) == min(count, room)
        assert page == sorted(page, key=order.index)
        assert {order[0], *({"loss"} & set(order))} <= set(page)
    assert len({tuple(page) for page in pages}) == len(pages)


def test_gauss_newton_gives_way_first() -> None:
    assert _ids(5, 4) == [
        ["preconditioned", "sharpness", "loss", "jacobian-gram"],
        ["preconditioned", "loss", "gauss-newton", "jacobian-gram"],
    ]


def test_a_larger_screen_has_room_for_more() -> None:
    sizes = [(60, 14), (80, 18), (80, 24), (120, 40), (160, 45), (200, 60), (400, 200)]
    assert [room_for(*size) for size in sizes] == [3, 3, 4, 6, 9, MOST, MOST]


async def _settled(pilot: Pilot[None], page: str) -> None:
    await until(pilot, lambda: all(word in text_of(pilot) for word in (page, "step 399 ", "? help")))


async def test_keys_turn_the_page_round_and_back(feed_of: FeedOf) -> None:
    seen, size, pages = set(), (80, 24), 5
    async with Dashboard(feed_of(instrumented())).run_test(size=size) as pilot:
        for page in [*range(pages), 0]:
            await _settled(pilot, f"page {page + 1}/{pages}")
            shown = charts_of(pilot)
            seen |= {chart.id for chart in shown}
            assert len(shown) == room_for(*size)
            assert {"sharpness", "loss"} <= {chart.id for chart in shown}
            assert sum(chart.region.area for chart in shown) == size[0] * (size[1] - 6)
            assert "no data yet" not in text_of(pilot)
            assert pilot.app.focused in shown
            await pilot.press("n")
        await pilot.press("p", "p")
        await _settled(pilot, f"page {pages}/{pages}")
        assert len(seen) == 12


async def test_on_a_large_screen_everything_is_on_one_page_that_cannot_be_turned(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(instrumented())).run_test(size=(200, 60)) as pilot:
        await until(pilot, lambda: "step 399 " in text_of(pilot) and "? help" in text_of(pilot))
        assert len(charts_of(pilot)) == 12
        assert sum(chart.region.area for chart in charts_of(pilot)) == 200 * 54
        assert all(chart.size.height >= 11 for chart in charts_of(pilot))
        assert "page" not in text_of(pilot)
        pilot.app.screen.query_one("#trace").focus()
        await pilot.press("n", "z")
        await pilot.resize_terminal(120, 40)
        await _settled(pilot, "page 1/3")
        assert pilot.app.screen.maximized is None, "what is zoomed is on another page now"
        await pilot.press("p")
        await _settled(pilot, "page 3/3")
        await pilot.resize_terminal(160, 45)
        await _settled(pilot, "page 2/2")
        assert len(charts_of(pilot)) == 9


async def test_a_cursor_and_a_glyph_set_hold_on_the_page_that_is_turned_to(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(instrumented())).run_test(size=(80, 24)) as pilot:
        await _settled(pilot, "page 1/5")
        await pilot.press("b", "b", "ctrl+end", "left", "z", "n")
        await _settled(pilot, "page 2/5")
        charts = charts_of(pilot)
        assert [chart.id for chart in charts] == ["sharpness", "loss", "spectral-density", "oscillation"]
        assert len({chart.cursor_step for chart in charts}) == 1
        assert charts[0].cursor_step is not None
        assert {chart.glyphs for chart in charts} == {"ascii"}
        await pilot.press("escape")
        assert all(chart.cursor_step is None for chart in charts)


async def test_the_help_defines_the_panels_of_every_page(feed_of: FeedOf) -> None:
    async with Dashboard(feed_of(instrumented())).run_test(size=(80, 120)) as pilot:
        await until(pilot, lambda: "? help" in text_of(pilot))
        await pilot.press("question_mark")
        await until(pilot, lambda: "Rayleigh quotient" in text_of(pilot) and "The next page" in text_of(pilot))
        for title in ("Loss curvature", "Spectral density", "Batch sharpness", "Lowest eigenvalue", "Hessian trace"):
            assert title in text_of(pilot), title


async def test_a_run_that_becomes_known_while_the_view_is_frozen_can_be_resized(feed_of: FeedOf) -> None:
    feed = feed_of(instrumented())
    tables, feed.series = feed.series, {}
    async with Dashboard(feed).run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "no data yet" in text_of(pilot))
        await pilot.press("f")
        feed.series = tables
        await pilot.resize_terminal(80, 24)
        await _settled(pilot, "view frozen page 1/5")
        await pilot.press("f")
        await until(pilot, lambda: "S/thresh" in text_of(pilot))
