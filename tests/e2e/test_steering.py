"""A training that is steered from the dashboard: real trainer, real keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from eostui.dashboard.app import Dashboard
from eostui.link.client import LinkClient
from eostui.reading.happenings import happenings_of
from eostui.reading.live import LiveFeed
from tests.dashboard.looking import text_of, until
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
