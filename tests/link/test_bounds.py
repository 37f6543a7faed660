"""What a viewer can cost the trainer, and a trainer the viewer, is bounded, and nobody else notices."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eostui.link.address import LinkError, connect, listen
from eostui.link.client import MOST_BYTES, LinkClient
from eostui.link.frames import FrameDecoder
from eostui.link.messages import Ack, Command, Ended, Hello, Message, Phase, State, Trouble, decode, encode
from eostui.link.server import MOST_OF_A_PROCESS, MOST_VIEWERS, LinkServer
from eostui.link.verb import Verb
from eostui.link.waiting import AT_ONCE, MOST_OF_A_VIEWER, Asked
from tests.link.hearing import all_that_comes, until

CONNECT = """
import socket, sys, time
connections = []
for _ in range(int(sys.argv[2])):
    connections.append(socket.socket(socket.AF_UNIX))
    connections[-1].connect(sys.argv[1])
for connection in connections:
    connection.recv(1)  # what is said to everybody
print("connected", flush=True)
sys.stdin.read()
"""

FORKS = """
import os, sys, time
from pathlib import Path
from eostui.link.address import listen
from eostui.link.messages import State
from eostui.link.server import LinkServer

server = LinkServer(listen(Path(sys.argv[1])))
server.say(State("running"))
print("listens", flush=True)
sys.stdin.readline()
child = os.fork()
if child == 0:
    time.sleep(60)
    os._exit(0)
print(child, flush=True)
sys.stdin.read()
"""

FEW_DESCRIPTORS = """
import os, resource, sys, time
from pathlib import Path
from eostui.link.address import listen
from eostui.link.messages import State
from eostui.link.server import LinkServer

server = LinkServer(listen(Path(sys.argv[1])))
server.say(State("running"))
first_free = os.open(os.devnull, os.O_RDONLY)
os.close(first_free)
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (first_free, hard))
print("none left", flush=True)
sys.stdin.readline()
before = time.process_time()
time.sleep(1)
print(time.process_time() - before, flush=True)
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print("some left", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def server(run_directory: Path) -> Iterator[LinkServer]:
    server = LinkServer(listen(run_directory), backlog=1 << 16)
    server.say(State("running"))
    yield server
    server.close(timeout=0.2)


@contextlib.contextmanager
def _other_process(program: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.communicate(timeout=10)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _flood(connection: socket.socket, count: int) -> threading.Thread:
    """Somebody who sends commands as fast as they are taken, and reads nothing."""

    def send() -> None:
        with contextlib.suppress(OSError):
            for number in range(count):
                connection.sendall(encode(Command(number, Verb.MEASURE)))

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    return thread


def _taken(server: LinkServer, timeout: float) -> Asked:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if (asked := server.take_command(timeout)) is not None:
            return asked
    raise AssertionError("no command came")


def test_a_process_has_so_many_connections_and_is_told_so(server: LinkServer, run_directory: Path) -> None:
    path = str(run_directory / "link.sock")
    with _other_process(CONNECT, path, str(MOST_OF_A_PROCESS)) as other:
        assert _line(other) == "connected"
        idle = [connect(run_directory) for _ in range(MOST_OF_A_PROCESS)]
        for connection in idle:
            assert connection.recv(1)
        (told,) = all_that_comes(connect(run_directory))
        assert isinstance(told, Trouble)
        assert told.hangs_up
        assert f"has {MOST_OF_A_PROCESS} connections, which is the most" in told.text
        client = LinkClient.to_run(run_directory)
        with pytest.raises(LinkError, match="which is the most: close one of them"):
            client.request(Verb.PAUSE)
        client.close()
        idle.pop().close()
        late = LinkClient.to_run(run_directory)
        assert until(late, bool) == [State("running")]
        late.close()
        for connection in idle:
            connection.close()


def test_a_trainer_has_so_many_viewers_and_says_so(server: LinkServer, run_directory: Path) -> None:
    path = str(run_directory / "link.sock")
    with contextlib.ExitStack() as others:
        for _ in range(MOST_VIEWERS // MOST_OF_A_PROCESS):
            other = others.enter_context(_other_process(CONNECT, path, str(MOST_OF_A_PROCESS)))
            assert _line(other) == "connected"
        (told,) = all_that_comes(connect(run_directory))
        assert told == Trouble(f"{MOST_VIEWERS} viewers are connected, which is the most: close one of them", True)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems number descriptors in other ways")
def test_a_trainer_without_descriptors_says_so_and_rests(run_directory: Path) -> None:
    with _other_process(FEW_DESCRIPTORS, str(run_directory)) as trainer:
        assert _line(trainer) == "none left"
        for _ in range(3):
            (told,) = all_that_comes(connect(run_directory))
            assert told == Trouble("the trainer can take no viewer in: Too many open files", True)
        assert trainer.stdin is not None
        trainer.stdin.write("\n")
        trainer.stdin.flush()
        waiting = [connect(run_directory) for _ in range(5)]
        assert float(_line(trainer)) < 0.5  # seconds of the processor in one that passed
        assert _line(trainer) == "some left"
        late = LinkClient.to_run(run_directory)
        assert until(late, bool) == [State("running")]
        late.close()
        for connection in waiting:
            connection.close()


def test_a_forked_process_that_outlives_the_trainer_holds_no_viewer(run_directory: Path) -> None:
    with _other_process(FORKS, str(run_directory)) as other:
        assert _line(other) == "listens"
        client = LinkClient.to_run(run_directory)
        until(client, bool)  # it has been taken in
        assert other.stdin is not None
        other.stdin.write("\n")
        other.stdin.flush()
        child = int(_line(other))
        other.kill()
        try:
            deadline = time.monotonic() + 10
            while not client.closed:
                assert time.monotonic() < deadline, "the viewer does not hear that the trainer is gone"
                client.take(0.1)
            with pytest.raises(LinkError):
                connect(run_directory)
        finally:
            os.kill(child, signal.SIGKILL)
            client.close()


def test_viewers_take_turns_and_a_training_that_goes_on_is_given_few_commands(
    server: LinkServer,
    run_directory: Path,
) -> None:
    greedy = connect(run_directory)
    _flood(greedy, 20_000)
    assert _taken(server, 0.0).command.verb is Verb.MEASURE
    taken = 1
    began = time.monotonic()
    while time.monotonic() - began < 1.0:
        taken += server.take_command() is not None
    assert MOST_OF_A_VIEWER < taken < AT_ONCE + 200  # of 20,000; a second may take longer here

    modest = LinkClient.to_run(run_directory)
    modest.send(Verb.LR, 0.5)
    until(modest, bool)
    turns = [_taken(server, 1.0).command.verb for _ in range(2 * MOST_OF_A_VIEWER)]
    assert Verb.LR in turns
    greedy.close()
    modest.close()


def test_commands_of_one_who_has_left_are_dropped_but_for_a_stop(server: LinkServer, run_directory: Path) -> None:
    gone = connect(run_directory)
    gone.sendall(b"".join(encode(Command(number, Verb.MEASURE)) for number in range(500)))
    assert _taken(server, 1.0).command == Command(0, Verb.MEASURE)
    gone.close()
    assert server.take_command(0.3) is None
    gone = connect(run_directory)
    gone.sendall(encode(Command(1, Verb.STOP)))
    gone.close()
    deadline = time.monotonic() + 10
    while (stop := server.take_stop()) is None:
        assert time.monotonic() < deadline
    assert stop.command.verb is Verb.STOP


def test_a_stop_does_not_wait_for_its_turn(server: LinkServer, run_directory: Path) -> None:
    client = LinkClient.to_run(run_directory)
    for _ in range(10):
        client.send(Verb.MEASURE)
    client.send(Verb.STOP)
    deadline = time.monotonic() + 10
    while server.take_stop() is None:
        assert time.monotonic() < deadline
    assert server.take_command() is not None
    client.close()


def test_answers_that_are_not_read_are_bounded(server: LinkServer, run_directory: Path) -> None:
    deaf = connect(run_directory)
    _flood(deaf, 20_000)
    answered = 0
    while (asked := server.take_command(0.5)) is not None:
        server.answer(asked, False, "no " * 1000)
        answered += 1
        time.sleep(0.002)
    assert answered < 1000
    deaf.close()


def test_one_that_does_not_read_is_told_the_newest_once_it_does(server: LinkServer, run_directory: Path) -> None:
    deaf = connect(run_directory)
    assert deaf.recv(1 << 16) == encode(State("running"))
    for number in range(2000):
        server.say(Phase(f"{number} {'x' * 1000}"))
    server.say(Ended("diverged", 1))
    time.sleep(0.3)
    threading.Timer(0.5, server.close).start()
    received = all_that_comes(deaf)
    assert received[-2:] == [Phase(f"1999 {'x' * 1000}"), Ended("diverged", 1)]
    assert len(received) < 1000


def test_a_fault_of_the_thread_that_serves_is_told_and_it_goes_on(
    server: LinkServer,
    run_directory: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    client = LinkClient.to_run(run_directory)
    until(client, bool)
    cannot_be_sent = Hello("demo", "run.h5", {"x": object()}, {}, {})
    for _ in range(2):
        server.say(cannot_be_sent)
        server.say(State("paused"))
    received = until(client, lambda messages: messages.count(State("paused")) == 2)
    (told, *_) = [message for message in received if isinstance(message, Trouble)]
    assert not told.hangs_up
    assert "the thread that serves viewers failed and was started again: TypeError" in told.text
    client.send(Verb.PAUSE)
    server.answer(_taken(server, 1.0), True, "paused")
    assert until(client, lambda messages: Ack(1, True, "paused") in messages)
    assert capfd.readouterr().err.count("Traceback") == 1  # it is the same fault again
    client.close()


class HostileTrainer:
    """Somebody who listens where a trainer should, and takes one viewer in."""

    def __init__(self, directory: Path) -> None:
        self._listener = listen(directory)
        self.client = LinkClient.to_run(directory)
        self.connection, _ = self._listener.accept()

    def close(self) -> None:
        self.client.close()
        self.connection.close()
        self._listener.close()


@pytest.fixture
def hostile(run_directory: Path) -> Iterator[HostileTrainer]:
    trainer = HostileTrainer(run_directory)
    yield trainer
    trainer.close()


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", "expected the frame mark"),
        (b"EOS1" + (200_000).to_bytes(4, "little") + bytes(4) + b"[" * 200_000, "more than 32 deep"),
        (encode(State("running")) + b"EOS1" + bytes(8), "no JSON"),
    ],
    ids=["foreign", "deep", "empty"],
)
def test_a_viewer_knows_why_it_cannot_follow_any_more(hostile: HostileTrainer, sent: bytes, why: str) -> None:
    hostile.connection.sendall(sent)
    until(hostile.client, lambda _: hostile.client.closed)
    assert why in hostile.client.fault
    with pytest.raises(LinkError, match="cannot read"):
        hostile.client.request(Verb.PAUSE, timeout=5)


def test_a_viewer_that_does_not_look_reads_no_more_than_it_can_keep(hostile: HostileTrainer) -> None:
    frame = encode(Phase("x" * 4000))
    count = 2 * MOST_BYTES // len(frame)
    sent = 0

    def send() -> None:
        nonlocal sent
        for _ in range(count):
            hostile.connection.sendall(frame)
            sent += 1

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    thread.join(1.0)
    while thread.is_alive() and sent != (before := sent):
        thread.join(0.5)
    assert sent == before
    assert sent < 0.8 * count
    received: list[Message] = until(hostile.client, lambda messages: len(messages) == count)
    assert received[-1] == Phase("x" * 4000)


def test_a_command_that_is_too_long_is_refused_where_it_is_asked(hostile: HostileTrainer) -> None:
    with pytest.raises(LinkError, match="'note' says is too long"):
        hostile.client.send(Verb.NOTE, "x" * 10_000)
    hostile.client.send(Verb.NOTE, "short")
    ((header, body),) = FrameDecoder().feed(hostile.connection.recv(1 << 16))
    assert decode(header, body) == Command(2, Verb.NOTE, "short")
