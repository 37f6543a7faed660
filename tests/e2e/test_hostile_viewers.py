"""A training that somebody attacks over its socket goes on, and answers everybody else."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eostui.link.client import LinkClient
from eostui.link.verb import Verb
from eostui.link.waiting import A_SECOND, AT_ONCE
from eostui.store import Status
from eostui.store.events import Noted, StepSizeChanged
from tests.e2e.conftest import SMALL, Eostui

ATTACK = """
import contextlib, json, itertools, os, socket, struct, sys, threading, time

def frame(header):
    return struct.pack("<4sII", b"EOS1", len(header), 0) + header

def command(**said):
    return frame(json.dumps({"kind": "command", "id": 1, "by": "script", **said}).encode())

def connection():
    time.sleep(0.005)  # the queue of those who want to connect belongs to the system: it is another matter
    one = socket.socket(socket.AF_UNIX)
    one.settimeout(2)
    one.connect(sys.argv[1])
    return one

BAD = [
    b"GET / HTTP/1.1",
    frame(b"[" * 8000),
    frame(b'{"kind":"command","id":1,"by":"script","verb":"lr","argument":' + b"9" * 401 + b"}"),
    frame(b'{"kind":"rows","table":"train","first":0,"columns":[["step",",f8",[1]]]}'),
    frame(b'{"kind":"ended","text":"over","code":1}'),
    b"EOS1" + b"\\xff" * 8,
    command(verb="note", argument="gone") * 1000,  # and hangs up
]

def send_what_is_bad():
    for number in itertools.count():
        with contextlib.suppress(OSError), contextlib.closing(connection()) as one:
            one.sendall(BAD[number % len(BAD)])

def ask_without_end():
    while True:
        with contextlib.suppress(OSError), contextlib.closing(connection()) as one:
            while True:
                one.sendall(command(verb="note", argument="more") * 100)

def connect_and_wait():
    kept = []
    while True:
        with contextlib.suppress(OSError):
            kept = (kept + [connection()])[-376:]

for work in (send_what_is_bad, ask_without_end, connect_and_wait):
    threading.Thread(target=work, daemon=True).start()
sys.stdin.read()
os._exit(0)
"""


@contextmanager
def _attacked(directory: Path) -> Iterator[None]:
    attack = subprocess.Popen([sys.executable, "-c", ATTACK, str(directory / "link.sock")], stdin=subprocess.PIPE)
    yield
    assert attack.poll() is None
    attack.communicate(timeout=10)


def _start_with_few_descriptors(eostui: Eostui) -> None:
    command = eostui.command(
        "run", "--headless", "--name", "demo", "--steps", "1000000", "--eig-every", "1000", *SMALL, "--width", "20"
    )
    viewer = subprocess.Popen(
        ["bash", "-c", 'ulimit -n 256; exec "$@"', "-", *command],
        cwd=eostui.directory,
        env=eostui.environment,
        stdout=subprocess.DEVNULL,
    )
    eostui.wait_for(lambda run: run.length("train") > 3, "demo")
    viewer.kill()  # the trainer has a session of its own and does not notice
    viewer.wait()


def _steps(eostui: Eostui) -> int:
    with eostui.open("demo") as run:
        return run.length("train")


def test_a_training_under_attack_goes_on_and_answers_who_asks_properly(eostui: Eostui) -> None:
    _start_with_few_descriptors(eostui)
    began = time.monotonic()
    directory = eostui.directory / "runs" / "demo"
    with _attacked(directory):
        before = _steps(eostui)
        eostui.wait_for(lambda run: run.length("train") > before + 20, "demo")
        client = LinkClient.to_run(directory)
        refused = client.request(Verb.LR, 1e39, timeout=60)
        held = "1e+39 is not a step size that float32 can hold: give one from 1.2e-38 to 3.4e+30"
        assert (refused.ok, refused.text) == (False, held)
        assert client.request(Verb.LR, 0.1, timeout=60).ok
        before = _steps(eostui)
        eostui.wait_for(lambda run: run.length("train") > before + 20, "demo")
        (trainer,) = eostui.trainers()
        assert len(list(Path(f"/proc/{trainer}/fd").iterdir())) < 200
        assert client.request(Verb.STOP, timeout=60).ok
        assert client.last_word(timeout=60) == "stopped"
        client.close()
    eostui.wait_for_no_trainer()
    with eostui.open("demo") as run:
        assert run.status() is Status.STOPPED
        happened = [event.what for event in run.events()]
    assert [what.lr for what in happened if isinstance(what, StepSizeChanged)] == [0.1]
    notes = sum(isinstance(what, Noted) for what in happened)
    assert 0 < notes < AT_ONCE + A_SECOND * (time.monotonic() - began)
    assert "Traceback" not in (directory / "trainer.log").read_text()
