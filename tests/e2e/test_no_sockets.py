"""A run on a file system that takes no sockets, and where none can be made at all."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from eostui.link.heartbeat import read_heartbeat
from eostui.link.plain_rows import PLAIN_ROWS
from eostui.link.plain_run import PlainRun
from eostui.link.verb import Verb
from eostui.reading.live import LiveFeed
from eostui.reading.reach import reach
from eostui.store import Status
from eostui.store.events import Warned
from tests.conftest import REPOSITORY
from tests.e2e.conftest import Eostui

SMALL = ("run", "--headless", "--data", "digits-80", "--arch", "fc-tanh", "--width", "8", "--lr", "0.01", "--eigs", "1")
REFUSES = """
import errno, os, socket

class Socket(socket.socket):
    def bind(self, address):
        if self.family == socket.AF_UNIX and str(address).startswith(os.environ["NO_SOCKETS_BELOW"]):
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))
        super().bind(address)

socket.socket = Socket
"""
"""What every process imports as it starts: some directories take no sockets, as with sshfs."""


def refuse_sockets(eostui: Eostui, below: str) -> None:
    (eostui.directory / "sitecustomize.py").write_text(REFUSES)
    eostui.environment |= {"PYTHONPATH": f"{eostui.directory}:{REPOSITORY}", "NO_SOCKETS_BELOW": below}


def test_a_run_without_any_socket_goes_on_and_is_followed_and_steered_by_files(eostui: Eostui) -> None:
    refuse_sockets(eostui, "/")
    viewer = eostui.start(*SMALL, "--threads", "1", "--steps", "10000000", "--name", "plain")
    eostui.wait_for(lambda run: run.length("train") > 0)
    directory = eostui.directory / "runs/plain"
    feed = LiveFeed(reach(directory), directory)  # on this machine: by run.h5
    said = until_paused(feed)
    assert said[0] == "the trainer has no socket: this follows the file, and commands go as files"
    feed.send(Verb.RESUME)
    feed.close()
    found = read_heartbeat(directory)
    assert found is not None
    assert found[0].socket == ""
    replace(found[0], host="gpu17").write(directory)  # on another one: by the plain file
    listed = eostui("ls").stdout
    assert "running on gpu17" in listed or "paused on gpu17" in listed
    assert eostui("control", "plain", "note", "seen").returncode == 0
    feed = LiveFeed(reach(directory), directory)
    until_paused(feed)
    with PlainRun.open(directory / "run.h5") as plain, eostui.open() as run:
        assert plain.length("train") == run.length("train") == feed.series["train"].length > 0
        for name in run.tables:
            for column, values in run.read(name).items():
                np.testing.assert_array_equal(plain.read(name)[column], values)
        assert "seen" in [event.detail.get("text") for event in plain.events()]
        warned = [event.what.text for event in run.events() if isinstance(event.what, Warned)]
    (text,) = [text for text in warned if "socket" in text]
    assert "Operation not permitted; viewers follow the file, and steer by files" in text
    assert text in (directory / "trainer.log").read_text()
    feed.send(Verb.STOP)
    deadline = time.monotonic() + 30
    while not feed.over:
        assert time.monotonic() < deadline
        feed.poll()
        time.sleep(0.05)
    feed.close()
    out, _ = viewer.communicate(timeout=60)
    assert viewer.returncode == 0
    assert "stopped" in out
    assert not (directory / PLAIN_ROWS).exists()


def until_paused(feed: LiveFeed) -> list[str]:
    said: list[str] = []
    deadline = time.monotonic() + 30
    feed.send(Verb.PAUSE)
    while not any("paused before step" in text for text in said) or feed.status != "paused":
        assert time.monotonic() < deadline, said
        said += [notice.text for notice in feed.poll()]
        time.sleep(0.05)
    return said


def test_a_run_whose_directory_takes_no_socket_has_it_elsewhere_and_its_plain_rows_go_on(eostui: Eostui) -> None:
    refuse_sockets(eostui, str(eostui.directory))
    endless = ("--threads", "1", "--steps", "10000000", "--checkpoint-every", "10")
    eostui.start(*SMALL, *endless, "--name", "plain")
    eostui.wait_for(lambda run: run.length("train") > 20)
    directory = eostui.directory / "runs/plain"
    (trainer,) = eostui.trainers()
    found = read_heartbeat(directory)
    assert found is not None
    assert Path(found[0].socket).parent == Path(f"/tmp/eostui-{os.getuid()}")
    os.kill(trainer, signal.SIGKILL)
    eostui.wait_for_no_trainer()
    assert (directory / PLAIN_ROWS).exists()
    resumed = eostui.start("resume", "plain", "--headless")
    eostui.wait_for(lambda run: "resumed" in [event.kind for event in run.events()])
    assert eostui("control", "plain", "pause").stdout.startswith("paused before step")
    with PlainRun.open(directory / "run.h5") as plain, eostui.open() as run:
        assert plain.status() is Status.PAUSED
        assert plain.length("train") == run.length("train") > 20
        assert plain.events() == run.events()
        steps = plain.read("train", ["step"])["step"]
        np.testing.assert_array_equal(steps, np.arange(len(steps)))
    assert eostui("control", "plain", "stop").returncode == 0
    resumed.communicate(timeout=60)
    assert not (directory / PLAIN_ROWS).exists()
    assert not Path(found[0].socket).exists()
