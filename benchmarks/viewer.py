"""What the viewer costs: time to start, bytes a second, and what it takes from the training.

    python benchmarks/viewer.py startup     # --help, ls and the first frame of a replay
    python benchmarks/viewer.py million     # a run of a million steps: opening it, and redrawing it
    python benchmarks/viewer.py dialogs     # bytes that a dialog and a chart alone take to open and to close
    python benchmarks/viewer.py following   # bytes and processor time while a run is followed, and its cost

Every figure is a median; those that compare are ratios of measurements taken in turn.
"""

from __future__ import annotations

import asyncio
import os
import pty
import resource
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from fcntl import ioctl
from pathlib import Path

import numpy as np
import typer

from eostui.instruments.catalogue import tables_of
from eostui.store import TRAIN, RunFile, RunFileError, RunWriter, Status
from eostui.trainer.plan import plan_run

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)
COLUMNS, ROWS = 120, 40
FIRST = 60
"""The step from which a run is timed."""
_NO_COMMAND = "import typer; app = typer.Typer(); app.command()(lambda: None); app({}, standalone_mode=False)"
"""A command line that does nothing: what Python and Typer take by themselves."""


def _run_file(directory: Path, steps: int) -> Path:
    """A file such as a run of so many steps leaves, measured every hundred of them."""
    config = plan_run({"steps": steps, "eig_every": 100})
    directory.mkdir(parents=True)
    path = directory / "run.h5"
    generator = np.random.default_rng(0)
    step = np.arange(steps)
    loss = np.exp(-step / (0.2 * steps)) * (1 + 0.1 * generator.standard_normal(steps))
    sharpness = np.minimum(4 + 40 * step / steps, 10) + 0.2 * generator.standard_normal(steps)
    with RunWriter.create(
        path,
        name=directory.name,
        config=config.to_dict(),
        environment={"threshold": "2/η"},
        tables=tables_of(config, classes=True),
    ) as writer:
        for t in range(steps):
            row = {"step": t, "time": t / 400, "lr": 0.2, "threshold": 10.0, "loss": abs(loss[t])}
            writer.append(TRAIN.row({**row, "accuracy": 0.9, "grad_norm": 0.1}))
            if t % 100 == 0:
                values = sharpness[t] * np.array([1, 0.9, 0.8])
                measured = {"eigenvalues": values, "residuals": 1e-3 * values, "errors": 1e-4 * values}
                measured |= {"step": t, "products": 5, "certified": 1}
                writer.append(writer.table("hessian").row(measured))
                writer.append(writer.table("gauss_newton").row(measured))
        writer.set_status(Status.FINISHED)
    return path


class Screen:
    """A program in a pseudo-terminal of its own, and how many bytes it has sent."""

    def __init__(self, arguments: list[str], directory: Path) -> None:
        self.sent = 0
        self.started = time.perf_counter()
        self.pid, self._descriptor = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.environ["TERM"] = "xterm-256color"
            ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execv(sys.executable, [sys.executable, "-m", "eostui", *arguments])

    def read(self, seconds: float, until: bytes | None = None) -> float:
        """Read for so long, or until some bytes have come; the time since the start."""
        deadline = time.perf_counter() + seconds
        seen = b""
        while (left := deadline - time.perf_counter()) > 0:
            if select.select([self._descriptor], [], [], left)[0]:
                try:
                    data = os.read(self._descriptor, 1 << 16)
                except OSError:
                    break
                self.sent += len(data)
                seen += data
                if until is not None and until in seen:
                    break
        return time.perf_counter() - self.started

    def press(self, key: bytes, seconds: float = 1.5) -> int:
        """Press a key, and wait; how many bytes came."""
        before = self.sent
        os.write(self._descriptor, key)
        self.read(seconds)
        return self.sent - before

    def close(self) -> resource.struct_rusage:
        """End the program; what it used."""
        os.kill(self.pid, signal.SIGKILL)
        _, _, used = os.wait4(self.pid, 0)
        os.close(self._descriptor)
        return used


def _seconds(work: Callable[[], object], times: int = 7) -> float:
    work()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def _process(*arguments: str, directory: Path | None = None) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, *arguments], cwd=directory, stdout=subprocess.DEVNULL, check=True)


@app.command()
def startup() -> None:
    """Seconds until the first answer, in all and beyond what Python and importing the libraries take."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for number in range(20):
            _run_file(directory / "runs" / f"run{number}", 1000)

        def first_frame() -> None:
            screen = Screen(["replay", "run0"], directory)
            screen.read(30, until=b"Gauss")
            screen.close()

        for label, work, libraries, arguments in (
            ("eostui --help", _process("-m", "eostui", "--help"), "", ["--help"]),
            ("eostui ls (20 runs)", _process("-m", "eostui", "ls", directory=directory), "rich.table, h5py", []),
            ("first frame of replay", first_frame, "h5py, textual.app, textual.widgets", []),
        ):
            imports = f"import {libraries}; " if libraries else ""
            base = _seconds(_process("-c", imports + _NO_COMMAND.format(arguments)))
            seconds = _seconds(work)
            print(
                f"{label:22} {seconds:6.3f} s; Python and the libraries {base:6.3f} s, our own {seconds - base:6.3f} s"
            )


@app.command()
def million() -> None:
    """Opening and redrawing a run of a million steps."""
    from eostui.dashboard.app import Dashboard
    from eostui.dashboard.screens.replay import ReplayScreen
    from eostui.reading.replay import ReplayFeed

    with tempfile.TemporaryDirectory() as name:
        start = time.perf_counter()
        path = _run_file(Path(name) / "runs" / "million", 1_000_000)
        print(f"written in {time.perf_counter() - start:.1f} s, {path.stat().st_size / 1e6:.0f} MB")

        def load() -> ReplayFeed:
            with RunFile.open(path) as file:
                return ReplayFeed(file)

        print(f"opened and read in {1e3 * _seconds(load, 5):.0f} ms")

        async def redraw() -> None:
            feed = load()
            feed.playing = False
            async with Dashboard(feed).run_test(size=(COLUMNS, ROWS)) as pilot:
                screen = pilot.app.screen
                assert isinstance(screen, ReplayScreen)
                for label, places in (
                    ("following, 400 steps a frame", [500_000 + 400 * i for i in range(40)]),
                    ("jumping to anywhere", [int(p) for p in np.random.default_rng(0).integers(0, 1_000_000, 40)]),
                    ("at the end, nothing new", [999_999] * 40),
                ):
                    taken = []
                    for place in places:
                        feed.seek(place)
                        begin = time.perf_counter()
                        screen.draw()
                        taken.append(time.perf_counter() - begin)
                        await pilot.pause()
                    print(f"computing a frame, {label:30} {1e3 * statistics.median(taken):6.1f} ms")

        asyncio.run(redraw())


@app.command()
def dialogs() -> None:
    """Bytes that it takes to open and to close what lies over the charts of a run that stands still."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        _run_file(directory / "runs" / "run", 2000)
        screen = Screen(["replay", "run", "--from", "1999"], directory)
        screen.read(30, until=b"Gauss")
        screen.read(3)
        for label, key, back in (
            ("help, ?", b"?", b"\x1b"),
            ("go to, g", b"g", b"\x1b"),
            ("palette, ctrl+p", b"\x10", b"\x1b"),
            ("one chart, z", b"z", b"z"),
        ):
            opened, closed = screen.press(key) / 1e3, screen.press(back) / 1e3
            print(f"{label:18} opens for {opened:6.1f} kB, closes for {closed:6.1f} kB at {COLUMNS}×{ROWS}")
        screen.close()


def _until_finished(directory: Path, wait: Callable[[float], object]) -> tuple[float, float, float]:
    """Wait for the run to be past step FIRST, then for its end: the wall-clock times of both, and steps/s between."""
    passed = None
    while True:
        wait(0.2)
        try:
            with RunFile.open(directory / "run.h5") as run:
                if passed is None and run.length("train") > FIRST:
                    passed = time.perf_counter()
                if run.status().ended and passed is not None:
                    seconds = run.read("train", ["time"])["time"]
                    rate = (len(seconds) - 1 - FIRST) / (seconds[-1] - seconds[FIRST])
                    return passed, time.perf_counter(), float(rate)
        except RunFileError:
            continue  # not there yet


@app.command()
def following(rounds: int = 5) -> None:
    """The same run in the dashboard and with nobody watching, in turn: from step 60 to 500, the same work in each."""
    options = ["run", "--steps", "500", "--eig-every", "20", "--name"]
    rates: dict[bool, list[float]] = {True: [], False: []}
    bandwidths, shares = [], []
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary)
        for number in range(2 * rounds):
            watched = number % 4 in (0, 3)  # one first, then the other
            run = directory / "runs" / f"run{number}"
            if not watched:
                command = [sys.executable, "-m", "eostui", *options, run.name, "--headless"]
                viewer = subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL)
                while not (run / "run.h5").exists():
                    time.sleep(0.1)
                viewer.kill()  # the training goes on
                viewer.wait()
                rates[False].append(_until_finished(run, time.sleep)[2])
                continue
            screen = Screen([*options, run.name], directory)
            seen: list[tuple[float, int, float]] = []

            def follow(seconds: float, screen: Screen = screen, seen: list[tuple[float, int, float]] = seen) -> None:
                screen.read(seconds)
                seen.append((time.perf_counter(), screen.sent, _processor_seconds(screen.pid)))

            started, ended, rate = _until_finished(run, follow)
            screen.close()
            rates[True].append(rate)
            following = [entry for entry in seen if started <= entry[0] <= ended]
            (begin, sent, used), (end, sent_at_end, used_at_end) = following[0], following[-1]
            bandwidths.append((sent_at_end - sent) / (end - begin) / 1e3)
            shares.append((used_at_end - used) / (end - begin))
    ratios = sorted(watched / alone for watched, alone in zip(rates[True], rates[False], strict=True))
    print(f"sent to the terminal     {statistics.median(bandwidths):6.1f} kB/s at {COLUMNS}×{ROWS}")
    print(f"dashboard's processor    {100 * statistics.median(shares):6.1f} % of one core, of {os.cpu_count()}")
    print(f"steps/s, watched         {statistics.median(rates[True]):6.1f}")
    print(f"steps/s, nobody watching {statistics.median(rates[False]):6.1f}")
    each = ", ".join(f"{ratio:.3f}" for ratio in ratios)
    print(f"watched ÷ unwatched      {statistics.median(ratios):6.3f} (each round: {each})")


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    app()
