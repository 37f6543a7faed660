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
from textual.widgets import OptionList

from eostui.dashboard.app import Dashboard
from eostui.dashboard.herald import BEGIN, END
from eostui.dashboard.screens.export import ExportScreen
from eostui.dashboard.screens.live import LiveScreen
from eostui.dashboard.screens.replay import ReplayScreen
from eostui.dashboard.widgets.briefing import Briefing
from eostui.link.client import LinkClient
from eostui.reading.ending import ending_of
from eostui.reading.happenings import happenings_of
from eostui.reading.live import LiveFeed
from eostui.store import Status
from tests.dashboard.looking import charts_of, text_of, until
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
        # The feed is asked, and not the file: HDF5 shows the second reader in a process what the first one has seen.
        await until(pilot, lambda: feed.step > 0, seconds=60)
        yield pilot, feed
    feed.close()


async def test_a_note_is_typed_and_marked(eostui: Eostui) -> None:
    async with _watched(eostui, "--steps", "1000000") as (pilot, feed):
        await pilot.press("a")
        await until(pilot, lambda: "A note, now before step" in text_of(pilot))
        await pilot.press("enter", *"why now", "enter")  # an empty one is none
        await until(pilot, lambda: "noted before step" in text_of(pilot))
        await until(
            pilot, lambda: any((one.text, one.glyph) == ("why now, by viewer", "n") for one in happenings_of(feed))
        )


async def test_flows_begin_at_a_key_and_are_drawn(eostui: Eostui) -> None:
    async with _watched(eostui, "--steps", "1000000", "--eig-every", "10") as (pilot, feed):
        assert "Mean loss" not in text_of(pilot)
        await pilot.press("t")
        await until(pilot, lambda: "[ ] central: a row costs about" in text_of(pilot))
        await pilot.press("space", "down", "space", "enter")
        await until(pilot, lambda: "central-flow is measured from step" in text_of(pilot))
        await until(pilot, lambda: feed.has_rows("central_flow") and feed.has_rows("gradient_flow"), seconds=60)
        await until(pilot, lambda: "Mean loss" in text_of(pilot))
        await pilot.press("t")
        await until(pilot, lambda: "[x] central" in text_of(pilot) and "[ ] quadratic" in text_of(pilot))
        await pilot.press("escape")


async def test_before_the_first_step_it_says_what_goes_on_and_then_keys_freeze_copy_and_save(eostui: Eostui) -> None:
    eostui.start("run", "--headless", "--paused", "--name", "demo", "--steps", "1000000", *SMALL)
    eostui.wait_for(lambda run: run.status() is Status.PAUSED, "demo")
    directory = eostui.directory / "runs" / "demo"
    feed = LiveFeed(LinkClient.to_run(directory), directory)
    async with Dashboard(feed).run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: feed.status == "paused" and "demo" in text_of(pilot))
        screen = pilot.app.screen
        assert screen.query_one(Briefing).size
        assert not charts_of(pilot)
        await pilot.press("space")
        await until(pilot, lambda: bool(charts_of(pilot)), seconds=60)
        assert not screen.query_one(Briefing).size

        await pilot.press("f")
        await until(pilot, lambda: "view frozen" in text_of(pilot))
        at = feed.step
        await until(pilot, lambda: feed.step > at)
        await pilot.press("f")
        await until(pilot, lambda: "view frozen" not in text_of(pilot))

        await pilot.press("y")
        await until(pilot, lambda: pilot.app.clipboard.startswith("step\t"))
        await pilot.press("Y")
        await until(pilot, lambda: pilot.app.clipboard.startswith("eostui run "))
        await pilot.press("E")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExportScreen))
        await pilot.press("c")
        await until(pilot, lambda: bool(list(directory.glob("*.csv"))))
    feed.close()


async def test_an_instrument_is_switched_on_and_off_and_its_chart_comes_by_itself(eostui: Eostui) -> None:
    async with _watched(eostui, "--steps", "1000000", "--eig-every", "20") as (pilot, feed):
        await pilot.press("v")
        await until(pilot, lambda: "trace: about 45" in text_of(pilot))
        options = pilot.app.screen.query_one(OptionList)
        options.highlighted = _row(options, "trace: about")
        await pilot.press("space")
        await until(pilot, lambda: "trace is measured from step" in text_of(pilot))
        await until(pilot, lambda: not any("trace: about" in str(one.prompt) for one in options.options))
        _row(options, "Hessian trace")  # among the charts, without the list having been closed
        await pilot.press("escape")
        await until(pilot, lambda: any(chart.id == "trace" for chart in charts_of(pilot)))

        await pilot.press("v")
        options = pilot.app.screen.query_one(OptionList)
        assert not any("trace: about" in str(option.prompt) for option in options.options)
        options.highlighted = _row(options, "Hessian trace")
        await pilot.press("x")
        await until(pilot, lambda: "trace is not measured from step" in text_of(pilot))
        told = [found.text for found in happenings_of(feed) if found.kind == "tracking"]
        assert told == ["trace is measured from here on, by viewer", "trace is no longer measured, by viewer"]
        options.highlighted = 0
        await pilot.press("x")
        await until(pilot, lambda: "Sharpness is not measured by an instrument" in text_of(pilot))


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


def _row(options: OptionList, what: str) -> int:
    return next(index for index, option in enumerate(options.options) if what in str(option.prompt))
