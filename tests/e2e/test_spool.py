"""A run whose process cannot be reached is followed by its file and steered by files."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

from eostui.link import spool
from eostui.link.heartbeat import read_heartbeat
from eostui.link.messages import Ack, Command
from eostui.link.verb import Verb
from eostui.reading.follower import Follower
from eostui.reading.live import LiveFeed
from eostui.store import By
from tests.e2e.conftest import SMALL, Eostui


def test_a_run_on_another_machine_is_steered_by_files(eostui: Eostui) -> None:
    viewer = eostui.start("run", "--headless", *SMALL, "--lr", "1e-6", "--steps", "10000000", "--name", "away")
    eostui.wait_for(lambda run: run.length("train") > 0)
    directory = eostui.directory / "runs/away"
    found = read_heartbeat(directory)
    assert found is not None
    replace(found[0], host="gpu17", boot="another").write(directory)
    assert "running on gpu17, last row " in eostui("info", "away").stdout
    (directory / "spool").mkdir(mode=0o700)
    (directory / "spool/bad.command").write_bytes(b"pickle me")
    done = eostui("control", "away", "note", "by a file")
    assert done.returncode == 0, done.stderr
    assert "noted before step" in done.stdout
    # the dashboard's feed: rows from the file, answers from the spool, and it says so
    feed = LiveFeed(Follower(directory), directory)
    feed.send(Verb.PAUSE)
    said: list[str] = []
    deadline = time.monotonic() + 30
    while not any("paused before step" in text for text in said) or feed.status != "paused":
        assert time.monotonic() < deadline, said
        said += [notice.text for notice in feed.poll()]
        time.sleep(0.05)
    assert said[0] == "the trainer is on gpu17: this follows the file, and commands go as files"
    assert feed.step > 0
    feed.close()
    stopped = eostui("control", "away", "stop")
    assert stopped.returncode == 0, stopped.stderr
    viewer.communicate(timeout=60)
    answer = spool.answer_to(directory, "bad")
    assert answer is not None
    assert not answer.ok
    with eostui.open("away") as run:
        by = {event.detail.get("text") or event.kind: event.by for event in run.events()}
    assert (by["by a file"], by["pause"], by["stopped"]) == (By.SCRIPT, By.VIEWER, By.SCRIPT)


def test_only_a_small_file_with_one_command_is_taken(tmp_path: Path) -> None:
    mine = Command(1, Verb.LR, 0.5, By.SCRIPT)
    name = spool.put(tmp_path, mine)
    folder = tmp_path / spool.SPOOL_NAME
    (folder / "large.command").write_bytes(b"x" * (spool.LARGEST + 1))
    (folder / "nested.command").write_bytes(b"EOS1" + (9000).to_bytes(4, "little") + bytes(4) + b"[" * 9000)
    (folder / "link.command").symlink_to(folder / f"{name}.command")
    os.mkfifo(folder / "fifo.command")
    taken = dict(spool.take(tmp_path))
    assert taken == {name: mine, "large": None, "nested": None, "link": None, "fifo": None}
    assert spool.take(tmp_path) == []
    assert spool.is_taken(tmp_path, name)
    spool.answer(tmp_path, name, Ack(1, True, "done"))
    assert spool.answer_to(tmp_path, name) == Ack(1, True, "done")
    assert spool.answer_to(tmp_path, name) is None
