"""A training that is steered from the dashboard: real trainer, real keys."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot

from eostui.dashboard.app import Dashboard
from eostui.dashboard.herald import BEGIN, END
from eostui.dashboard.screens.live import LiveScreen
from eostui.dashboard.screens.replay import ReplayScreen
from eostui.link.client import LinkClient
from eostui.reading.ending import ending_of
from eostui.reading.live import LiveFeed
from eostui.store import Status
from tests.dashboard.looking import text_of, until
from tests.e2e.conftest import SMALL, Eostui

pytestmark = pytest.mark.alone  # dashboard and trainer take a core each


@asynccontextmanager
async def _watched(eostui: Eostui, *arguments: str) -> AsyncIterator[tuple[Pilot[None], LiveFeed]]:
    """The dashboard on a run from before its first step on; what it is told first is to go on."""
    eostui.start("run", "--headless", "--paused", "--name", "demo", *arguments, *SMALL)
    eostui.wait_for(lambda run: run.status() is Status.PAUSED, "demo")
    directory = eostui.directory / "runs" / "demo"
    feed = LiveFeed(LinkClient.to_run(directory), directory)
    async with Dashboard(feed).run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: feed.status == "paused")
        await pilot.press("space")
        await asyncio.to_thread(eostui.wait_for, lambda run: run.length("train") > 1, "demo")
        await until(pilot, lambda: feed.step > 0)
        yield pilot, feed
    feed.close()


async def test_a_run_that_diverged_says_what_would_have_been_stable_and_is_watched_again(eostui: Eostui) -> None:
    async with _watched(eostui, "--steps", "1000", "--lr", "50") as (pilot, feed):
        await until(pilot, lambda: feed.over and "space watch again" in text_of(pilot))
        footer = text_of(pilot).splitlines()[-1]
        assert footer.startswith("space watch again E export y copy q close")
        assert not any(word in footer for word in ("pause", "step size", "measure"))
        (said,) = [one.message for one in pilot.app._notifications if one.severity == "error"]
        assert said == ending_of(feed)
        assert "diverged" in said
        assert "η must stay under 2/" in said
        await pilot.press("l", "m", "c", "s")  # what steers is gone
        assert isinstance(pilot.app.screen, LiveScreen)
        assert feed.pending == ""
        await pilot.press("space")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReplayScreen))


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the terminal is sent."""
    written: list[str] = []
    monkeypatch.setattr(HeadlessDriver, "write", lambda _driver, data: written.append(data))
    return written


async def test_the_terminal_has_a_title_and_calls_once_for_the_edge_and_once_for_the_end(
    eostui: Eostui, written: list[str]
) -> None:
    async with _watched(eostui, "--steps", "40", "--lr", "2/4.5", "--eig-every", "5") as (pilot, _):
        await asyncio.to_thread(eostui.wait_for, lambda run: run.status().ended, "demo")
        await until(pilot, lambda: any("demo: finished" in sent for sent in written))
        await pilot.pause(1.2)
        calls = [call for sent in written for call in re.findall(r"\x07\x1b\]9;eostui: (.*?)\x07", sent)]
        titles = [title for sent in written for title in re.findall(r"\x1b\]0;(.*?)\x07", sent)]
        assert BEGIN in written
        assert [
            call.startswith(start) for call, start in zip(calls, ("demo: at the edge", "demo: finished"), strict=True)
        ]
        assert re.fullmatch(r"eostui \d\.\d\d demo", titles[-1])
        assert len(titles) == len([*itertools.groupby(titles)])
    assert written[-1] == END
