"""What the terminal is told of a run beside the picture."""

from __future__ import annotations

import pytest

from eostui.dashboard.app import Dashboard
from eostui.dashboard.herald import Herald
from eostui.dashboard.settings import Preferences, Settings
from eostui.dashboard.terminal import terminal_of
from eostui.reading.replay import ReplayFeed
from eostui.store import RunFile


def _held(run: RunFile, step: int) -> ReplayFeed:
    feed = ReplayFeed(run, start=step)
    feed.playing = False
    return feed


def test_a_title_is_written_only_where_it_is_another_one_and_a_replay_calls_nobody(edge_run: RunFile) -> None:
    feed = _held(edge_run, 400)
    herald = Herald(feed, rings=True)
    assert herald.news() == "\x1b]0;eostui 0.98 edge\x07"
    assert herald.news() == ""
    feed.seek(feed.last_step)
    assert herald.news().startswith("\x1b]0;eostui ")
    assert herald.news() == ""


def test_a_name_with_control_characters_ends_no_sequence(edge_run: RunFile) -> None:
    feed = _held(edge_run, 400)
    feed.name = "a\x07\x1b[31mb\x9c"
    said = Herald(feed, rings=True).news()
    assert said.count("\x1b") == 1
    assert said.index("\x07") == len(said) - 1
    assert "\x9c" not in said


@pytest.mark.parametrize(("term", "titles"), [("xterm-256color", True), ("linux", False), ("vt100", False)])
async def test_a_terminal_that_has_no_title_gets_none(
    edge_run: RunFile, monkeypatch: pytest.MonkeyPatch, term: str, titles: bool
) -> None:
    written: list[str] = []
    monkeypatch.setattr("textual.drivers.headless_driver.HeadlessDriver.write", lambda _, data: written.append(data))
    preferences = Preferences(Settings(), terminal_of({"TERM": term}, "utf-8"))
    async with Dashboard(_held(edge_run, 400), preferences).run_test() as pilot:
        await pilot.pause(1.2)
    assert any("\x1b]0;eostui 0.98 edge" in sent for sent in written) == titles
    assert any("\x1b]0;" in sent for sent in written) == titles
