"""What a run's heartbeat says of the process that trains it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from eostui.link import heartbeat
from eostui.link.address import LinkError, connect, is_live, life_of, listen
from eostui.link.doing import Doing, last_activity
from eostui.link.heartbeat import HEARTBEAT_NAME, Heartbeat, Life, Pulse, read_heartbeat
from eostui.link.live_runs import find_live, forget, live_runs, register
from eostui.reading.state import state_of
from eostui.store import RunNotFound, Status


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "runs" / "demo"
    path.mkdir(parents=True)
    return path


@pytest.mark.parametrize(
    ("what", "step", "told"),
    [
        ("measuring: lowest", 1234, "at step 1,234 while measuring lowest"),
        ("importing torch", None, "while importing torch"),
        ("loading 'x\\y\"\x1b[2J\n ηä", None, "while loading 'x?y??[2J? ??"),
        ("x" * 300, 3, f"at step 3 while {'x' * 118}"),
        ("", None, ""),
    ],
)
def test_what_a_trainer_does_is_in_its_heartbeat_whatever_it_is(
    directory: Path, what: str, step: int | None, told: str
) -> None:
    pulse = Pulse(directory, "", look=lambda _: None, moved=lambda _: None, gone=lambda: None)
    doing = Doing(pulse.say)
    doing("something before", 1)
    doing(what, step)
    assert json.loads((directory / HEARTBEAT_NAME).read_text())["pid"] == os.getpid()
    assert last_activity(directory) == told
    pulse.stop()
    doing("the last word")
    assert last_activity(directory) == ""


@pytest.mark.parametrize("doing", [None, 3, ["x"], " ", "\u0000", "12", "1" * 40 + " x"])
def test_a_heartbeat_from_elsewhere_may_say_anything_of_what_is_done(directory: Path, doing: object) -> None:
    Heartbeat.of(os.getpid(), directory, "").write(directory)
    path = directory / HEARTBEAT_NAME
    path.write_text(json.dumps({**json.loads(path.read_text()), "doing": doing}))
    assert life_of(directory) is Life.ALIVE
    assert len(last_activity(directory)) < 60


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """Somebody who can be a trainer."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def test_the_system_says_whether_a_process_here_is_alive(directory: Path, process: subprocess.Popen[bytes]) -> None:
    assert life_of(directory) is None
    Heartbeat.of(process.pid, directory, "").write(directory)
    assert life_of(directory) is Life.ALIVE
    assert state_of(directory, Status.PAUSED) == "paused"
    process.send_signal(signal.SIGSTOP)
    os.waitpid(process.pid, os.WUNTRACED)
    assert life_of(directory) is Life.SUSPENDED
    assert state_of(directory, Status.RUNNING) == "suspended"
    assert is_live(directory)
    with pytest.raises(
        LinkError, match=f"the trainer of 'demo' is suspended: `kill -CONT {process.pid}` lets it go on"
    ):
        connect(directory)
    process.send_signal(signal.SIGCONT)
    process.kill()
    while life_of(directory) is not Life.DEAD:  # a zombie by now
        time.sleep(0.01)
    process.wait()
    assert state_of(directory, Status.RUNNING) == "died"
    assert state_of(directory, Status.STARTING) == "died while starting"
    assert not is_live(directory)


@pytest.mark.parametrize("other", [{"begun": 1}, {"boot": "another"}], ids=["another process", "before the last boot"])
def test_a_number_that_another_process_has_got_is_not_the_trainer(directory: Path, other: dict[str, object]) -> None:
    replace(Heartbeat.of(os.getpid(), directory, ""), **other).write(directory)  # type: ignore[arg-type]
    assert life_of(directory) is Life.DEAD


def test_a_trainer_on_another_machine_is_there_while_it_is_heard_of(directory: Path) -> None:
    replace(Heartbeat.of(os.getpid(), directory, ""), host="gpu17").write(directory)
    assert life_of(directory) is Life.ELSEWHERE
    assert state_of(directory, Status.RUNNING) == "running on gpu17"
    with pytest.raises(LinkError, match="the trainer of 'demo' is on another machine, gpu17"):
        connect(directory)
    ten_minutes_ago = time.time() - 600
    os.utime(directory / HEARTBEAT_NAME, (ten_minutes_ago, ten_minutes_ago))
    assert state_of(directory, Status.RUNNING) == "not heard of for 10 min"
    assert not is_live(directory)


@pytest.mark.parametrize(
    "other",
    [{"namespace": "pid:[1]"}, {"boot": "another", "machine": "another"}],
    ids=["another container", "another machine of that name"],
)
def test_a_host_of_the_same_name_is_another_one(directory: Path, other: dict[str, object]) -> None:
    replace(Heartbeat.of(2**30, directory, ""), **other).write(directory)  # type: ignore[arg-type]
    assert life_of(directory) is Life.ELSEWHERE
    assert is_live(directory)
    ten_minutes_ago = time.time() - 600
    os.utime(directory / HEARTBEAT_NAME, (ten_minutes_ago, ten_minutes_ago))
    assert state_of(directory, Status.RUNNING) == "not heard of for 10 min"


def test_a_heartbeat_of_an_older_version_is_read(directory: Path) -> None:
    Heartbeat.of(os.getpid(), directory, "").write(directory)
    values = json.loads((directory / HEARTBEAT_NAME).read_text())
    del values["machine"], values["namespace"]
    (directory / HEARTBEAT_NAME).write_text(json.dumps(values))
    assert life_of(directory) is Life.ALIVE


def test_a_copy_of_a_run_is_not_trained(directory: Path, tmp_path: Path) -> None:
    Heartbeat.of(os.getpid(), directory, "").write(directory)
    shutil.copytree(directory, tmp_path / "copy")
    assert state_of(tmp_path / "copy", Status.RUNNING) == "copy"
    assert state_of(directory.rename(tmp_path / "renamed"), Status.RUNNING) == "running"


@pytest.mark.parametrize(
    "text",
    ["", "[", "{}", "[" * 9000, '{"host":1}', json.dumps({"host": "x", "boot": "", "pid": -1, "begun": 0, "inode": 0})],
    ids=range(6),
)
def test_nonsense_is_no_heartbeat(directory: Path, text: str) -> None:
    (directory / HEARTBEAT_NAME).write_text(text)
    assert read_heartbeat(directory) is None
    assert state_of(directory, Status.RUNNING) == "died"


def test_a_pipe_in_the_place_of_a_heartbeat_is_not_waited_for(directory: Path) -> None:
    os.mkfifo(directory / HEARTBEAT_NAME)
    assert read_heartbeat(directory) is None


def test_no_socket_is_believed_that_is_in_another_place(directory: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with listen(elsewhere) as listener:
        replace(Heartbeat.of(os.getpid(), directory, listener.getsockname())).write(directory)
        with pytest.raises(LinkError, match="is running, and cannot be reached"):
            connect(directory)


def test_a_full_queue_is_no_death(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eostui.link.address.TIMEOUT", 0.3)
    listener = listen(directory)
    listener.listen(1)
    before = [connect(directory), connect(directory)]  # Linux takes one in beyond the number
    with pytest.raises(LinkError, match="takes nobody in at present: try again"):
        connect(directory)
    Heartbeat.of(os.getpid(), directory, listener.getsockname()).write(directory)
    assert is_live(directory)
    for connection in before:
        connection.close()
    listener.close()


def test_a_pulse_follows_its_directory_and_says_when_it_is_gone(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "INTERVAL", 0.01)
    moved: list[Path] = []
    gone: list[bool] = []
    Pulse(directory, "", look=lambda path: None, moved=moved.append, gone=lambda: gone.append(True))
    there = directory.rename(directory.with_name("renamed"))
    _until(lambda: moved == [there])
    before = (there / HEARTBEAT_NAME).stat().st_mtime_ns
    _until(lambda: (there / HEARTBEAT_NAME).stat().st_mtime_ns > before)
    assert life_of(there) is Life.ALIVE
    shutil.rmtree(there)
    _until(lambda: gone == [True])


def test_a_pulse_that_stops_leaves_nothing(directory: Path) -> None:
    Pulse(directory, "", look=lambda path: None, moved=lambda path: None, gone=lambda: None).stop()
    assert not list(directory.iterdir())


def test_live_runs_are_found_from_anywhere(directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    elsewhere = tmp_path / "elsewhere"
    with pytest.raises(RunNotFound):
        find_live("demo", elsewhere)
    Heartbeat.of(os.getpid(), directory, "").write(directory)
    entry = register(directory)
    assert live_runs() == [directory]
    assert find_live("demo", elsewhere) == find_live(None, elsewhere) == directory
    assert find_live("demo", directory.parent) == directory  # it has no file yet

    namesake = tmp_path / "others" / "demo"
    namesake.mkdir(parents=True)
    Heartbeat.of(os.getpid(), namesake, "").write(namesake)
    register(namesake)
    with pytest.raises(RunNotFound, match="several runs demo are being trained: name one of"):
        find_live("demo", elsewhere)
    forget(entry)
    assert find_live("demo", elsewhere) == namesake
    (namesake / HEARTBEAT_NAME).unlink()
    assert live_runs() == []
    assert not list((tmp_path / "state" / "eostui" / "live").iterdir())


def test_a_run_does_without_a_register(directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "state").write_text("no directory")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert register(directory) is None
    assert live_runs() == []
    forget(None)


def _until(what: object) -> None:
    assert callable(what)
    deadline = time.monotonic() + 10
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)
