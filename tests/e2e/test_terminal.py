"""A whole session in a real pseudo-terminal, as somebody on a remote machine has it."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial

import pexpect
import pyte
import pytest

from eostui.store import Status
from tests.e2e.conftest import SMALL, Eostui, saved_run

pytestmark = pytest.mark.alone


class Terminal:
    """What a person sees and types."""

    def __init__(self, eostui: Eostui, *arguments: str, columns: int = 120, rows: int = 40, **environment: str) -> None:
        command, *rest = eostui.command(*arguments)
        environment = {**eostui.environment, "TERM": "xterm-256color", "LANG": "C.UTF-8", **environment}
        self.child = pexpect.spawn(
            command, rest, cwd=eostui.directory, env=environment, dimensions=(rows, columns), timeout=5
        )
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.last_words = ""
        self._modes: dict[bytes, bool] = {}

    def _read(self, data: bytes) -> bytes:
        for number, state in re.findall(rb"\x1b\[\?(\d+)([hl])", data):
            self._modes[number] = state == b"h"
        return data

    def is_as_before(self) -> bool:
        """Whether every mode that was changed is as in a shell: the cursor shown, lines wrapped, all else off."""
        return all(on == (number in (b"25", b"7")) for number, on in self._modes.items())

    def look(self) -> str:
        """The screen as it is now."""
        while True:
            try:
                self._stream.feed(self._read(self.child.read_nonblocking(1 << 16, timeout=0.05)))
            except (pexpect.TIMEOUT, pexpect.EOF):
                return "\n".join(self._screen.display)

    def wait_for(self, what: str | Callable[[str], bool], timeout: float = 60) -> str:
        """Look until a pattern is on the screen, or something holds of it."""
        deadline = time.monotonic() + timeout
        while True:
            screen = self.look()
            if re.search(what, screen) if isinstance(what, str) else what(screen):
                return screen
            assert time.monotonic() < deadline, f"not seen: {what}\n{screen}"
            assert self.child.isalive() or deadline - time.monotonic() > timeout - 1, screen

    def type(self, keys: str) -> None:
        self.child.send(keys)

    def end(self) -> int:
        """Wait until the program has ended; its exit code. `last_words` is what it printed at last."""
        self.child.expect(pexpect.EOF, timeout=60)
        self.last_words = self._read(self.child.before).decode(errors="replace")
        self.child.close()
        return int(self.child.exitstatus if self.child.exitstatus is not None else -1)

    def resize(self, columns: int, rows: int) -> None:
        self._screen.resize(rows, columns)
        self.child.setwinsize(rows, columns)


@pytest.fixture
def run(eostui: Eostui) -> Iterator[Terminal]:
    terminal = Terminal(eostui, "run", "--name", "demo", "--steps", "1000000", "--eig-every", "20", *SMALL)
    yield terminal
    terminal.child.close(force=True)


def _step(screen: str) -> int:
    found = re.search(r"step ([\d,]+)", screen)
    return int(found[1].replace(",", "")) if found else -1


def _fits(screen: str, words: tuple[str, ...]) -> bool:
    """Whether all of the words are there, and the last line is the dashboard's."""
    return all(word in screen for word in words) and "quit" in screen.splitlines()[-1]


def _loss(screen: str) -> str:
    """The present value in the status line."""
    found = re.search(r"loss (\S+)", screen)
    return found[1] if found else ""


def test_a_whole_session(eostui: Eostui, run: Terminal) -> None:
    run.wait_for("importing torch|loading|building", timeout=15)  # something is on the screen from the first second
    screen = run.wait_for(lambda screen: _step(screen) > 20)
    for word in ("running", "Sharpness", "Loss", "Gauss–Newton", "2/η", "loss", "whole run", "events"):
        run.wait_for(word)  # the surroundings are drawn after the charts
    later = run.wait_for(lambda later: _step(later) > _step(screen))
    assert _step(later) > _step(screen)
    run.wait_for(
        lambda later: _loss(later) != _loss(screen), timeout=10
    )  # readings and charts follow, not the step alone

    run.type(" ")
    run.wait_for("paused")
    standing = _step(run.wait_for("paused"))
    time.sleep(1)
    assert abs(_step(run.look()) - standing) <= 1

    run.type("l")
    run.wait_for("Step size η, now 2/12")
    run.type("\x7f\x7f\x7fnonsense\r")
    run.wait_for("not a step size")  # said in place, and the dialog stays
    run.type("\x7f" * 8 + "2/40")
    run.wait_for("edge ≈ 40")
    run.type("\r")
    run.wait_for("η 2/40 → edge|η 0.05 → edge")
    run.type(" ")
    run.wait_for(lambda screen: _step(screen) > standing + 5)

    run.type("?")
    run.wait_for("What every number and word means")
    run.type("\x1b")
    run.wait_for(lambda screen: "What every number and word means" not in screen)

    run.type("q")
    run.wait_for("Leave it running")
    run.type("l")
    assert run.end() == 0
    assert "eostui attach runs/demo" in run.last_words

    time.sleep(1)
    with eostui.open("demo") as file:
        assert file.status() is Status.RUNNING
        # On a busy machine products may take so long that cheaper ones were tried, which is an event, too.
        kinds = [event.kind for event in file.events() if event.kind != "products"]
        assert kinds[:4] == ["start", "pause", "lr", "resume"]

    again = Terminal(eostui, "attach", "runs/demo", columns=80, rows=24)
    seen = _step(again.wait_for(lambda screen: _step(screen) > standing))
    again.wait_for(lambda screen: _step(screen) > seen)
    again.type("q")
    again.wait_for("Stop it")
    again.type("s")
    assert again.end() == 0
    with eostui.open("demo") as file:
        assert file.status() is Status.STOPPED

    replay = Terminal(eostui, "replay", "demo", "--speed", "100")
    replay.wait_for("replay")
    replay.type("$")
    end = _step(replay.wait_for(lambda screen: _step(screen) > standing))
    replay.type("g")
    replay.wait_for("Go to a step")
    replay.type("50%\r")
    replay.wait_for(lambda screen: 0 < _step(screen) < end)
    replay.type("q")
    assert replay.end() == 0


def test_the_list_of_runs_opens_one_and_comes_back(eostui: Eostui) -> None:
    saved_run(eostui)
    terminal = Terminal(eostui, columns=80, rows=24)
    terminal.wait_for(r"edge +finished")
    terminal.type("\r")
    terminal.wait_for("replay")
    terminal.type("q")
    terminal.wait_for("1 run in runs")
    terminal.type("q")
    assert terminal.end() == 0


def test_losing_the_terminal_does_not_stop_the_training(eostui: Eostui, run: Terminal) -> None:
    run.wait_for(lambda screen: _step(screen) > 3)
    run.child.kill(signal.SIGHUP)
    run.child.close(force=True)
    with eostui.open("demo") as file:
        before = file.length("train")
    eostui.wait_for(lambda file: file.length("train") > before + 10, "demo")
    assert eostui("control", "demo", "stop").returncode == 0


def test_a_signal_to_leave_puts_the_terminal_back_and_leaves_the_training_running(eostui: Eostui) -> None:
    # a size that this terminal has not, as a shell exports it that was started in another one
    stale = {"COLUMNS": "40", "LINES": "10"}
    run = ("run", "--name", "demo", "--steps", "1000000", "--eig-every", "20", *SMALL)
    for arguments, number in (
        (run, signal.SIGHUP),
        (("attach", "demo"), signal.SIGTERM),
        (("replay", "demo"), signal.SIGTERM),
    ):
        terminal = Terminal(eostui, *arguments, columns=90, rows=30, **stale)
        terminal.wait_for(lambda screen: _step(screen) > 3 and "quit" in screen.splitlines()[29])
        assert not terminal.is_as_before()
        terminal.resize(110, 34)
        terminal.wait_for(lambda screen: "quit" in screen.splitlines()[33] and len(screen.splitlines()[0].rstrip()) > 5)
        terminal.child.kill(number)
        assert terminal.end() == 128 + number
        assert terminal.is_as_before(), arguments
        assert ("eostui attach runs/demo" in terminal.last_words) == (arguments[0] != "replay")
        assert len(eostui.trainers()) == 1
    assert eostui("control", "demo", "stop").returncode == 0


def test_ctrl_c_asks_and_a_second_one_leaves_the_training_running(eostui: Eostui, run: Terminal) -> None:
    run.wait_for(lambda screen: _step(screen) > 3)
    run.type("\x03")
    run.wait_for("Leave it running")
    run.type("\x03")
    assert run.end() == 0
    assert len(eostui.trainers()) == 1


def test_the_dashboard_fits_the_terminal(run: Terminal) -> None:
    run.wait_for(lambda screen: _step(screen) > 3)
    for columns, rows, words in (
        (80, 24, ("Sharpness", "Loss", "events")),
        (200, 60, ("Sharpness", "Gauss–Newton", "whole run")),
        (61, 17, ("Sharpness",)),
    ):
        run.resize(columns, rows)
        screen = run.wait_for(partial(_fits, words=("running", *words)))
        assert len(screen.splitlines()) == rows


def test_a_terminal_that_is_too_small_gets_one_line(eostui: Eostui) -> None:
    terminal = Terminal(eostui, "run", columns=40, rows=10)
    assert terminal.end() == 2
    assert not (eostui.directory / "runs").exists()


def test_a_setting_that_no_trainer_can_have_ends_the_dashboard_with_one_line(eostui: Eostui) -> None:
    terminal = Terminal(eostui, "run", "--device", "abacus")
    terminal.child.expect("abacus.*--device cpu always works", timeout=60)
    assert terminal.end() == 2
