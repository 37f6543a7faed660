"""A training that is steered from the dashboard: real trainer, real keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot
from textual.widgets import OptionList

from eostui.dashboard.app import Dashboard
from eostui.link.client import LinkClient
from eostui.reading.happenings import happenings_of
from eostui.reading.live import LiveFeed
from tests.dashboard.looking import charts_of, text_of, until
from tests.e2e.conftest import SMALL, Eostui


@asynccontextmanager
async def _watched(eostui: Eostui, *arguments: str) -> AsyncIterator[tuple[Pilot[None], LiveFeed]]:
    """The dashboard on a run that is being trained."""
    eostui.start("run", "--headless", "--name", "demo", *arguments, *SMALL)
    eostui.wait_for(lambda run: run.length("train") > 3, "demo")
    directory = eostui.directory / "runs" / "demo"
    feed = LiveFeed(LinkClient.to_run(directory), directory)
    async with Dashboard(feed).run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: feed.step > 3)
        yield pilot, feed
    feed.close()


async def test_a_note_is_typed_and_marked(eostui: Eostui) -> None:
    async with _watched(eostui, "--steps", "1000000") as (pilot, feed):
        await pilot.press("a")
        await until(pilot, lambda: "A note, now before step" in text_of(pilot))
        await pilot.press("enter", *"why now", "enter")  # an empty one is none
        await until(pilot, lambda: "noted before step" in text_of(pilot))
        await until(pilot, lambda: any((one.text, one.glyph) == ("why now", "n") for one in happenings_of(feed)))


async def test_an_instrument_is_switched_on_and_off_and_its_chart_comes_by_itself(eostui: Eostui) -> None:
    async with _watched(eostui, "--steps", "1000000", "--eig-every", "20") as (pilot, feed):
        await pilot.press("v")
        await until(pilot, lambda: "trace: about 45" in text_of(pilot))
        options = pilot.app.screen.query_one(OptionList)
        options.highlighted = _row(options, "trace: about")
        await pilot.press("space", "space")  # the second one asks for nothing more
        assert "asked trace" in text_of(pilot)
        await until(pilot, lambda: "trace is measured from step" in text_of(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: any(chart.id == "trace" for chart in charts_of(pilot)))

        await pilot.press("v")
        options = pilot.app.screen.query_one(OptionList)
        assert not any("trace: about" in str(option.prompt) for option in options.options)
        options.highlighted = _row(options, "Hessian trace")
        await pilot.press("x")
        await until(pilot, lambda: "trace is not measured from step" in text_of(pilot))
        told = [found.text for found in happenings_of(feed) if found.kind == "tracking"]
        assert told == ["trace is measured from here on", "trace is no longer measured"]
        options.highlighted = 0
        await pilot.press("x")
        await until(pilot, lambda: "Sharpness is not measured by an instrument" in text_of(pilot))


def _row(options: OptionList, what: str) -> int:
    return next(index for index, option in enumerate(options.options) if what in str(option.prompt))
