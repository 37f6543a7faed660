"""A trainer's end and viewers' ends, over a real socket."""

from __future__ import annotations

import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eostui.link.address import LONGEST_PATH, LinkError, connect, is_live, listen, socket_path
from eostui.link.client import LinkClient
from eostui.link.messages import Ack, Ended, Message, Phase, Rows, State, Trouble
from eostui.link.server import LinkServer
from eostui.link.verb import Verb
from eostui.store import STEP, TRAIN, Column, Table
from tests.link.hearing import all_that_comes, until


@pytest.fixture
def server(run_directory: Path) -> Iterator[LinkServer]:
    server = LinkServer(listen(run_directory))
    yield server
    server.close()


def test_a_viewer_that_comes_late_is_told_what_holds(server: LinkServer, run_directory: Path) -> None:
    server.say(State("running"))
    server.say(Phase("loading"))
    server.say(Phase("measuring"))
    time.sleep(0.3)
    client = LinkClient.to_run(run_directory)
    received = until(client, lambda messages: len(messages) >= 2)
    assert received == [State("running"), Phase("measuring")]
    client.close()


def test_rows_come_in_order_and_many_in_a_message(server: LinkServer, run_directory: Path) -> None:
    client = LinkClient.to_run(run_directory)
    for index in range(5000):
        server.publish(index, TRAIN.row({"step": index, "loss": index / 2}))

    def count(messages: list[Message]) -> int:
        return sum(len(message.columns["step"]) for message in messages if isinstance(message, Rows))

    received = until(client, lambda messages: count(messages) == 5000)
    steps = [step for message in received if isinstance(message, Rows) for step in message.columns["step"]]
    assert steps == list(range(5000))
    assert len(received) < 100
    client.close()


def test_a_command_is_answered_to_the_viewer_that_asked(server: LinkServer, run_directory: Path) -> None:
    asking, watching = LinkClient.to_run(run_directory), LinkClient.to_run(run_directory)
    asked_id = asking.send(Verb.LR, 0.5)
    asked = server.take_command(timeout=5)
    assert asked is not None
    assert (asked.command.verb, asked.command.argument) == (Verb.LR, 0.5)
    server.answer(asked, True, "done")
    assert until(asking, bool) == [Ack(asked_id, True, "done")]
    assert watching.take(timeout=0.3) == []
    asking.close()
    watching.close()


def test_a_viewer_that_never_reads_holds_nobody_up_and_loses_rows_only(run_directory: Path) -> None:
    server = LinkServer(listen(run_directory), backlog=1 << 16)
    deaf = connect(run_directory)
    time.sleep(0.2)
    wide = Table("train", "fifty columns", (STEP, *[Column(f"column_{number}", "a number") for number in range(50)]))
    start = time.monotonic()
    index = 0
    for _ in range(10):
        for _ in range(2000):
            server.publish(index, wide.row({"step": index}))
            index += 1
        time.sleep(0.15)
    assert time.monotonic() - start < 5
    lively = LinkClient.to_run(run_directory)
    time.sleep(0.2)
    server.publish(index, wide.row({"step": index}))
    until(lively, lambda messages: any(isinstance(m, Rows) and m.first <= index for m in messages))
    deaf.close()
    lively.close()
    server.close()


def test_garbage_from_one_viewer_ends_that_connection_alone(server: LinkServer, run_directory: Path) -> None:
    rude, polite = connect(run_directory), LinkClient.to_run(run_directory)
    rude.sendall(b"\x80\x04\x95pickle me")
    (told,) = all_that_comes(rude)
    assert isinstance(told, Trouble)
    assert told.hangs_up
    assert "expected the frame mark" in told.text
    server.say(State("running"))
    assert until(polite, bool) == [State("running")]
    polite.close()


def test_the_last_word_arrives_before_the_end(run_directory: Path) -> None:
    server = LinkServer(listen(run_directory))
    client = LinkClient.to_run(run_directory)
    server.say(State("running"))
    until(client, bool)
    server.publish(0, TRAIN.row({"step": 0}))
    server.say(Ended("finished", 0))
    server.close()
    received = until(client, lambda _: client.closed)
    assert isinstance(received[0], Rows)
    assert received[-1] == Ended("finished", 0)


def test_a_request_to_a_trainer_that_hangs_up_says_so(run_directory: Path) -> None:
    listener = listen(run_directory)
    client = LinkClient.to_run(run_directory)
    connection, _ = listener.accept()
    connection.close()
    with pytest.raises(LinkError, match="ended before it answered|hung up"):
        client.request(Verb.PAUSE)
    listener.close()


def test_the_socket_is_private(run_directory: Path) -> None:
    run_directory.chmod(0o755)
    listener = listen(run_directory)
    assert stat.S_IMODE(run_directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(socket_path(run_directory).stat().st_mode) == 0o600
    listener.close()


def test_a_long_run_path_has_its_socket_elsewhere_and_works(tmp_path: Path) -> None:
    directory = tmp_path / ("a" * 90) / ("b" * 90)
    directory.mkdir(parents=True)
    path = socket_path(directory)
    assert len(str(path)) <= LONGEST_PATH
    listener = listen(directory)
    assert is_live(directory)
    listener.close()
    assert not is_live(directory)
    path.unlink()


def test_a_socket_left_by_a_dead_trainer_is_not_live(run_directory: Path) -> None:
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(socket_path(run_directory)))
    assert not is_live(run_directory)
    listener = listen(run_directory)
    assert is_live(run_directory)
    listener.close()
