"""A live feed has every row once and in order, however it came by it."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest
from textual.widgets import Label

from eostui.config import RunConfig
from eostui.dashboard.app import Dashboard
from eostui.dashboard.herald import Herald
from eostui.instruments.catalogue import tables_of
from eostui.link.address import LinkError, listen
from eostui.link.client import LinkClient
from eostui.link.messages import Ended, Hello, Phase, State
from eostui.link.server import LinkServer
from eostui.link.verb import Verb
from eostui.reading.ending import ending_of
from eostui.reading.live import LiveFeed
from eostui.store import STEP, Column, Event, Kind, RunFile, RunWriter, Status, Table
from eostui.store.events import Failed, Forecasted, Happening, StepSizeChanged
from eostui.trainer.record import Record
from tests.dashboard.looking import text_of, until

CONFIG = RunConfig.of(arch="fc-tanh", data="digits", loss="mse", lr=0.2, lr_schedule="cosine:400", eigs=1)


class Trainer:
    """The trainer's end: the real server and the real file, told by the test what to say."""

    def __init__(self, directory: Path) -> None:
        tables: list[Table] = tables_of(CONFIG, classes=True)
        self.server = LinkServer(listen(directory))
        environment = {"threshold": "2/η"}
        described = {table.name: table.to_json() for table in tables}
        self.writer = RunWriter.create(
            directory / "run.h5", name="demo", config=CONFIG.to_dict(), environment=environment, tables=tables
        )
        self.record = Record(self.writer, self.server)
        self.record.introduce(Hello("demo", str(directory / "run.h5"), CONFIG.to_dict(), environment, described))
        self.late: Table | None = None
        self.step = 0

    def measure_with(self, table: Table) -> None:
        """From now on a step has a row of this table, too."""
        self.record.add_table(table)
        self.late = table

    def steps(self, count: int) -> None:
        for _ in range(count):
            row = {"step": self.step, "time": 0.1, "lr": 0.2, "threshold": 10.0, "loss": 1 / (1 + self.step)}
            self.record.row("train", {**row, "accuracy": 0.5, "grad_norm": 1.0})
            if self.late is not None:
                self.record.row(self.late.name, {"step": self.step})
            self.step += 1

    def event(self, step: int, happening: Happening) -> None:
        self.record.event(step, happening)

    def foreign_event(self, kind: str, detail: dict[str, object]) -> None:
        row = Event(0, 0.0, kind, detail).row()
        self.server.publish(self.writer.append(row), row)

    def status(self, status: Status) -> None:
        self.record.set_status(status)

    def say(self, message: Phase | Ended) -> None:
        self.server.say(message)

    def stumble(self) -> None:
        """Say what cannot be sent."""
        self.server.say(State(object()))  # type: ignore[arg-type]

    def end(self) -> None:
        self.writer.close()
        self.server.close()


def _train(connection: Connection, directory: Path) -> None:
    trainer = Trainer(directory)
    while True:
        connection.send("done")
        name, *arguments = connection.recv()
        getattr(trainer, name)(*arguments)
        if name == "end":
            return


class Source:
    """A trainer in a process of its own, as HDF5 wants it: no process may write a file and read it in SWMR mode."""

    def __init__(self, directory: Path) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        self._process = context.Process(target=_train, args=(other, directory), daemon=True)
        self._process.start()
        self._connection.recv()

    def do(self, name: str, *arguments: object) -> None:
        """Have the trainer call a method, and wait until it has."""
        self._connection.send((name, *arguments))
        if name == "end":
            self._process.join(10)
        else:
            self._connection.recv()

    @property
    def ended(self) -> bool:
        return not self._process.is_alive()


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    source = Source(tmp_path)
    yield source
    if not source.ended:
        source.do("end")


def _poll_until(feed: LiveFeed, what: Callable[[LiveFeed], bool]) -> list[str]:
    notices: list[str] = []
    deadline = time.monotonic() + 10
    while not what(feed):
        assert time.monotonic() < deadline
        notices += [notice.text for notice in feed.poll()]
        time.sleep(0.02)
    return notices


def _rows(feed: LiveFeed) -> int:
    return feed.series["train"].length if feed.series else -1


def test_a_viewer_from_the_start_has_every_row(source: Source, tmp_path: Path) -> None:
    feed = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    for _ in range(5):
        source.do("steps", 200)
        time.sleep(0.05)
    _poll_until(feed, lambda feed: _rows(feed) == 1000)
    np.testing.assert_array_equal(feed.series["train"]["step"], np.arange(1000))
    assert (feed.step, feed.threshold.formula, feed.config["arch"]) == (999, "2/η", "fc-tanh")
    feed.close()


def test_a_viewer_that_lacks_rows_says_how_many(source: Source, tmp_path: Path) -> None:
    source.do("steps", 5000)
    time.sleep(0.3)
    feed = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    _poll_until(feed, lambda feed: bool(feed.series))
    (tmp_path / "run.h5").rename(tmp_path / "away.h5")  # as on a file system that shows it late
    source.do("steps", 10)
    _poll_until(feed, lambda feed: feed.behind == "5,010 rows behind, which the file does not show yet")
    (tmp_path / "away.h5").rename(tmp_path / "run.h5")
    _poll_until(feed, lambda feed: _rows(feed) == 5010)
    assert feed.behind == ""
    feed.close()


def test_a_viewer_that_comes_late_reads_what_it_missed_from_the_file(source: Source, tmp_path: Path) -> None:
    source.do("steps", 5000)
    time.sleep(0.3)
    feed = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    _poll_until(feed, lambda feed: bool(feed.series))
    source.do("steps", 10)
    _poll_until(feed, lambda feed: _rows(feed) == 5010)
    np.testing.assert_array_equal(feed.series["train"]["step"], np.arange(5010))
    feed.close()


def test_a_viewer_that_comes_to_a_paused_run_sees_what_there_is(source: Source, tmp_path: Path) -> None:
    source.do("steps", 100)
    source.do("event", 100, Kind.PAUSE)
    source.do("status", Status.PAUSED)
    time.sleep(0.5)
    feed = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    _poll_until(feed, lambda feed: _rows(feed) == 100 and len(feed.events()) == 1)
    assert feed.status == "paused"
    feed.close()


def test_events_come_with_their_details(source: Source, tmp_path: Path) -> None:
    feed = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    source.do("event", 7, StepSizeChanged(0.1, 0.2, 20.0))
    _poll_until(feed, lambda feed: len(feed.events()) == 1)
    (event,) = feed.events()
    assert (event.step, event.kind, event.what) == (7, "lr", StepSizeChanged(0.1, 0.2, 20.0))
    feed.close()


MEASURED = Table(
    "measured", "two numbers, of which the second is not always there", (STEP, Column("a", "a"), Column("b", "b"))
)
COUNTED = Table("counted", "a number that is always there", (STEP, Column("count", "how many", dtype="int64")))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LinkServer]:
    """The trainer's end of a run with two tables of its own."""
    server = LinkServer(listen(tmp_path))
    tables = {table.name: table.to_json() for table in (MEASURED, COUNTED)}
    server.say(Hello("demo", str(tmp_path / "run.h5"), {}, {}, tables))
    yield server
    server.close()


def test_a_value_that_was_left_out_is_nan_in_the_file_and_for_every_viewer(server: LinkServer, tmp_path: Path) -> None:
    feed = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    with RunWriter.create(
        tmp_path / "run.h5", name="demo", config={}, environment={}, tables=[MEASURED, COUNTED]
    ) as writer:
        record = Record(writer, server)
        for step in range(10):
            record.row("measured", {"step": step, "a": step / 2} | ({"b": 1.0} if step % 3 else {}))
        told = _poll_until(feed, lambda feed: bool(feed.series) and feed.series["measured"].length == 10)
    assert told == []
    with RunFile.open(tmp_path / "run.h5") as file:
        written = file.read("measured")
    for name, values in written.items():
        np.testing.assert_array_equal(feed.series["measured"].all(name), values)
    assert np.flatnonzero(np.isnan(written["b"])).tolist() == [0, 3, 6, 9]
    feed.close()


def test_rows_of_a_trainer_that_leaves_a_column_out_are_nan_there(server: LinkServer, tmp_path: Path) -> None:
    feed = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    _poll_until(feed, lambda feed: bool(feed.series))  # there is no file that rows sent before could be read from
    server.publish(0, MEASURED.without("b").row({"step": 0, "a": 0.5}))
    server.publish(1, MEASURED.without("b").row({"step": 1, "a": 1.5}))
    told = _poll_until(feed, lambda feed: bool(feed.series) and feed.series["measured"].length == 2)
    assert told == []
    assert feed.series["measured"]["a"].tolist() == [0.5, 1.5]
    assert np.isnan(feed.series["measured"]["b"]).all()
    feed.close()


def test_rows_without_a_column_that_cannot_be_nan_are_told_of_by_its_name(server: LinkServer, tmp_path: Path) -> None:
    feed = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    _poll_until(feed, lambda feed: bool(feed.series))
    server.publish(0, COUNTED.without("count").row({"step": 0}))
    told = _poll_until(feed, lambda feed: feed.activity == "not connected, follows the file")
    assert "rows of counted come without their column count" in told[0]
    assert not feed.over
    feed.close()


def _garbage(feed: LiveFeed) -> None:
    """The trainer gets what it cannot read, and hangs up."""
    assert isinstance(feed._client, LinkClient)
    feed._client._connection.sendall(b"GET / HTTP/1.1")


@pytest.mark.parametrize("ends", [Status.FINISHED, Status.FAILED])
def test_a_viewer_that_was_hung_up_on_says_why_and_goes_on_with_the_file(
    source: Source, tmp_path: Path, ends: Status
) -> None:
    feed = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    source.do("steps", 10)
    _poll_until(feed, lambda feed: _rows(feed) == 10)
    _garbage(feed)
    (told,) = _poll_until(feed, lambda feed: feed.activity == "not connected, follows the file")
    assert "what this viewer sends cannot be read: expected the frame mark" in told
    assert told.endswith("this viewer goes on with the run's file: to steer the run, attach anew")
    assert not feed.over
    with pytest.raises(LinkError, match="what this viewer sends cannot be read"):
        feed.send(Verb.PAUSE)
    assert feed.pending == ""
    source.do("measure_with", MEASURED)
    source.do("steps", 10)
    _poll_until(feed, lambda feed: _rows(feed) == 20 and feed.has_rows("measured"))
    np.testing.assert_array_equal(feed.series["train"]["step"], np.arange(20))
    source.do("status", Status.PAUSED)
    assert _poll_until(feed, lambda feed: feed.status == "paused") == []
    if ends is Status.FAILED:
        source.do("event", 20, Failed("RuntimeError: no memory"))
    source.do("status", ends)
    source.do("end")
    assert _poll_until(feed, lambda feed: feed.over) == []
    assert feed.ended == (Ended("finished", 0) if ends is Status.FINISHED else Ended("RuntimeError: no memory", 1))
    feed.close()


def test_a_viewer_whose_first_words_were_refused_knows_its_run_from_the_file(source: Source, tmp_path: Path) -> None:
    source.do("steps", 10)
    feed = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    _garbage(feed)
    _poll_until(feed, lambda feed: _rows(feed) == 10)
    assert (feed.name, feed.threshold.formula, feed.config["arch"]) == ("demo", "2/η", "fc-tanh")
    feed.close()


def test_a_fault_of_the_trainers_own_thread_is_told_and_nothing_is_lost(source: Source, tmp_path: Path) -> None:
    feed = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    source.do("steps", 10)
    _poll_until(feed, lambda feed: _rows(feed) == 10)
    source.do("stumble")
    source.do("steps", 10)
    (told,) = _poll_until(feed, lambda feed: _rows(feed) == 20)
    assert told.startswith("the thread that serves viewers failed and was started again")
    feed.close()


def test_a_trainer_that_is_gone_without_a_word_is_told_of_with_its_log(source: Source, tmp_path: Path) -> None:
    (tmp_path / "trainer.log").write_text("all well\nSegmentation fault\n")
    feed = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    source.do("steps", 10)
    _poll_until(feed, lambda feed: _rows(feed) == 10)
    source.do("end")
    (notice,) = _poll_until(feed, lambda feed: feed.over)
    assert "Segmentation fault" in notice
    assert feed.status == "died"
    feed.close()


def test_the_end_is_known_with_its_rows_and_its_exit_code(source: Source, tmp_path: Path) -> None:
    feed = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    source.do("say", Phase("measuring", 0.5))
    _poll_until(feed, lambda feed: feed.activity == "measuring 50 %")
    source.do("say", Phase("measuring: product 18 of ≈ 25", 0.72))
    _poll_until(feed, lambda feed: feed.activity == "measuring: product 18 of ≈ 25" and feed.phase.fraction == 0.72)
    source.do("say", Phase("building", None, 1, ["load", "build"]))
    _poll_until(feed, lambda feed: (feed.stage, feed.stages) == (1, ["load", "build"]))
    source.do("steps", 3)
    source.do("status", Status.DIVERGED)
    source.do("say", Ended("diverged", 1))
    source.do("end")
    _poll_until(feed, lambda feed: feed.over and _rows(feed) == 3)
    assert (feed.status, feed.ended) == ("diverged", Ended("diverged", 1))
    assert ending_of(feed).startswith(f"{feed.name}: diverged ")
    assert ending_of(feed).endswith(f"; watch again: eostui replay {feed.place}")
    feed.close()


FORECAST = "a step will take about 52 s, a measurement 90 s, and 1.2 GB of memory; cheaper with --eig-samples 500"


async def test_a_slow_run_is_told_of_until_there_is_something_to_see(source: Source, tmp_path: Path) -> None:
    feed = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    source.do("event", 0, Forecasted(FORECAST, 52.0, 90.0, 1_200_000_000, ("--eig-samples 500",)))
    source.do("say", Phase("computing the gradient", 0.5))
    async with Dashboard(feed).run_test(size=(160, 40)) as pilot:
        told = f"A{FORECAST[1:]}."
        await until(pilot, lambda: told in text_of(pilot) and "computing the gradient 50 %" in text_of(pilot))
        source.do("steps", 1)
        await until(pilot, lambda: "step 0 " in text_of(pilot) and told not in text_of(pilot))
        assert not pilot.app._notifications, "nothing covers what says it already"
    feed.close()


@pytest.mark.parametrize("detail", [{}, {"text": None}, {"text": 3}])
def test_a_forecast_without_words_is_none(source: Source, tmp_path: Path, detail: dict[str, object]) -> None:
    feed = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    source.do("foreign_event", "forecast", detail)
    assert _poll_until(feed, lambda feed: len(feed.events()) == 1) == []
    assert feed.forecast == ""
    feed.close()


def test_a_table_that_begins_late_is_followed_like_the_others(source: Source, tmp_path: Path) -> None:
    feed = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    source.do("steps", 100)
    _poll_until(feed, lambda feed: _rows(feed) == 100)
    source.do("measure_with", MEASURED)
    source.do("steps", 10)
    _poll_until(feed, lambda feed: _rows(feed) == 110 and "measured" in feed.series)
    late = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    source.do("steps", 10)
    for each in (feed, late):
        _poll_until(each, lambda each: _rows(each) == 120 and each.series["measured"].length == 20)
        np.testing.assert_array_equal(each.series["measured"]["step"], np.arange(100, 120))
        np.testing.assert_array_equal(each.series["train"]["step"], np.arange(120))
        each.close()


def test_what_was_asked_is_pending_until_it_is_answered(server: LinkServer, tmp_path: Path) -> None:
    feed = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    assert feed.pending == ""
    feed.send(Verb.PAUSE)
    feed.send(Verb.LR, 0.1)
    assert feed.pending == "pausing and changing η after this step"
    paused, changed = server.take_command(timeout=5), server.take_command(timeout=5)
    assert paused is not None
    assert changed is not None
    server.answer(paused, True, "paused before step 4")
    assert _poll_until(feed, lambda feed: feed.pending == "changing η after this step") == ["paused before step 4"]
    feed.send(Verb.STOP)
    assert feed.pending == "changing η and stopping"
    server.say(Ended("stopped", 0))
    _poll_until(feed, lambda feed: feed.over)
    assert feed.pending == ""
    feed.close()


@pytest.mark.parametrize("rings", [True, False])
def test_the_end_calls_once_whoever_wants_to_be_called(server: LinkServer, tmp_path: Path, rings: bool) -> None:
    feed = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    herald = Herald(feed, rings=rings)
    _poll_until(feed, lambda feed: bool(feed.series))
    assert "\x1b]9;" not in herald.news()
    server.say(Ended("failed: no memory", 1))
    _poll_until(feed, lambda feed: feed.over)
    assert herald.news() == ("\x07\x1b]9;eostui: failed: no memory\x07" if rings else "")
    assert herald.news() == ""
    feed.close()


async def test_a_slow_trainer_is_waited_for_in_words(server: LinkServer, tmp_path: Path) -> None:
    feed = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    server.say(State("running"))
    async with Dashboard(feed).run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: feed.status == "running")
        await pilot.press("space")
        assert "pausing after this step" in text_of(pilot), "at once, not with the next frame"
        await pilot.press("m")
        await pilot.pause(1.0)
        assert "pausing and measuring after this step" in text_of(pilot)
        for _ in range(2):
            asked = server.take_command(timeout=5)
            assert asked is not None
            server.answer(asked, True, f"{asked.command.verb} done")
        await until(pilot, lambda: "after this step" not in text_of(pilot) and "pause done" in text_of(pilot))
    feed.close()


async def test_a_step_size_that_ends_a_schedule_is_asked_for_with_a_warning(source: Source, tmp_path: Path) -> None:
    feed = LiveFeed(LinkClient.to_run(tmp_path), tmp_path)
    source.do("steps", 5)
    source.do("status", Status.PAUSED)
    async with Dashboard(feed).run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: feed.step == 4 and "2/η 10" in text_of(pilot))
        for warned in (True, False):
            await pilot.press("plus")
            await until(pilot, lambda: "Enter applies it" in text_of(pilot))
            hint = str(pilot.app.screen.query_one(".hint", Label).content)
            assert ("the schedule no longer applies" in hint) == warned
            assert "edge ≈ 5 (2/η)" in text_of(pilot) or not warned
            await pilot.press("escape")
            source.do("event", 5, StepSizeChanged(0.1, 0.2, 20.0, "cosine:400"))
            await until(pilot, lambda: "η 0.1 " in text_of(pilot))
    feed.close()
