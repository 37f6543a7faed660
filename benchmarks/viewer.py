"""What the viewer costs: time to start, bytes a second, and what it takes from the training.

    python benchmarks/viewer.py startup     # --help, ls and the first frame of a replay
    python benchmarks/viewer.py million     # a run of a million steps: opening it, and redrawing it
    python benchmarks/viewer.py dialogs     # bytes that a dialog and a chart alone take to open and to close
    python benchmarks/viewer.py keys /tmp/long   # runs of 10^5 and 10^6 steps: the first frame, and what keys take
    python benchmarks/viewer.py steady      # bytes and processor time while a run takes 100 steps a second
    python benchmarks/viewer.py following   # the same for a real run, and what watching costs the training

Every figure is a median; those that compare are ratios of measurements taken in turn.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import typer
from recorded import run_file
from screen import COLUMNS, ROWS, Screen

from eostui.store import RunFile, RunFileError

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)
FIRST = 60
"""The step from which a run is timed."""
THEMES = ("eostui-dark", "ansi-dark")
PACED = Path(__file__).with_name("paced.py")
KEYS = (
    ("to the half, g 50 % ⏎", b"\r"),
    ("a step back, ,", b","),
    ("to the end, $", b"$"),
    ("last steps, >", b">"),
    ("earlier steps, shift+←", b"\x1b[1;2D"),
    ("later steps, shift+→", b"\x1b[1;2C"),
    ("all, =", b"="),
    ("the cursor, →", b"\x1b[C"),
)
"""What is timed of each key, and its bytes; before ⏎ the rest is typed."""
_NO_COMMAND = "import typer; app = typer.Typer(); app.command()(lambda: None); app({}, standalone_mode=False)"
"""A command line that does nothing: what Python and Typer take by themselves."""


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
            run_file(directory / "runs" / f"run{number}", 1000)

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
        path = run_file(Path(name) / "runs" / "million", 1_000_000)
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
        run_file(directory / "runs" / "run", 2000)
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


@app.command()
def keys(directory: Path, rounds: int = 5) -> None:
    """The first frame, and from a key to the last byte of its answer, with the processor's time that the answer took.

    The runs are made once, in `directory`. The time of the processor is that which a busy machine leaves as it is.
    """
    print(f"{'':26}" + "".join(f"{f'{steps:,} steps':>18}{'processor':>12}" for steps in (100_000, 1_000_000)))
    columns = [_answers(directory, steps, rounds) for steps in (100_000, 1_000_000)]
    for row in zip(*columns, strict=True):
        figures = "".join(f"{1e3 * seconds:>15.0f} ms{1e3 * used:>9.0f} ms" for _, seconds, used in row)
        print(f"{row[0][0]:26}{figures}")


def _answers(directory: Path, steps: int, rounds: int) -> list[tuple[str, float, float]]:
    """By what they are for, the medians of some seconds and of those of the processor, for a run of so many steps."""
    run = f"run{steps}"
    if not (directory / "runs" / run).exists():
        run_file(directory / "runs" / run, steps)
    firsts: list[tuple[float, float]] = []
    taken: dict[str, list[tuple[float, float]]] = {label: [] for label, _ in KEYS}
    for _ in range(rounds):
        screen = Screen(["replay", run], directory)
        firsts.append((screen.read(30, until=b"Gauss"), screen.processor_seconds()))
        screen.read(1)
        screen.press(b" ", 1)  # hold it
        screen.press(b"$", 1)
        for label, key in KEYS:
            if key == b"\r":
                screen.press(b"g", 0.5)
                screen.press(b"50%", 0.5)
            used = screen.processor_seconds()
            taken[label].append((screen.answer(key), screen.processor_seconds() - used))
        screen.close()
    figures = {"from start to first frame": firsts, **taken}
    return [
        (label, *(statistics.median(seconds) for seconds in zip(*pairs, strict=True)))
        for label, pairs in figures.items()
    ]


@app.command()
def steady(rounds: int = 5, seconds: float = 10.0) -> None:
    """What following 100 steps a second with four charts costs, the training itself aside: nothing is computed."""
    for theme in THEMES:
        sent, used = [], []
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as name:
                directory = Path(name)
                trainer = subprocess.Popen([sys.executable, PACED, directory / "runs" / "run"])
                while not (directory / "runs" / "run" / "run.h5").exists():
                    time.sleep(0.1)
                screen = Screen(["attach", "run", "--theme", theme], directory)
                screen.read(30, until=b"Gauss")
                screen.read(5)
                begun = time.perf_counter(), screen.sent, screen.processor_seconds()
                screen.read(seconds)
                passed = time.perf_counter() - begun[0]
                sent.append((screen.sent - begun[1]) / passed / 1e3)
                used.append((screen.processor_seconds() - begun[2]) / passed)
                screen.close()
                trainer.kill()
                trainer.wait()
        print(
            f"{theme:12} {statistics.median(sent):5.1f} kB/s to the terminal at {COLUMNS}×{ROWS}, "
            f"{100 * statistics.median(used):4.1f} % of one core"
        )


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
                seen.append((time.perf_counter(), screen.sent, screen.processor_seconds()))

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


if __name__ == "__main__":
    app()
