"""How fast a chart is redrawn, and what charts send to the terminal while they follow a run.

    python benchmarks/charts.py

Prints the median time to redraw a 120 x 20 chart of 1e3, 1e5 and 1e6 points, anew and after 100 more rows, beside
textual-plot where that is installed; then the bytes per second that an app with four charts on 120 x 40 sends to a
real pseudo-terminal at 4 frames a second, and its share of one core.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import select
import statistics
import struct
import sys
import termios
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
from textual.app import App, ComposeResult
from textual.containers import Grid
from textual.widget import Widget

from eostui.dashboard.textual_private import FrugalApp
from eostui.dashboard.widgets import Chart, Mark, Trace
from eostui.reading.trace import MODES

SIZES = (1_000, 100_000, 1_000_000)
REPEATS = 15
APPENDED = 100
FRAMES_PER_SECOND = 4
STEPS_PER_SECOND = 40
SETTLING = 2.0
SECONDS = 10.0


def edge_of_stability(steps: int) -> dict[str, np.ndarray]:
    """Series that look like a run: sharpening to 2/η, then hovering there while a jagged loss goes down."""
    random = np.random.default_rng(0)
    x = np.arange(steps)
    threshold = np.where(x < 1200, 100.0, 200.0)
    sharpness = np.minimum(5 + 0.2 * x, threshold * (1 + 0.03 * random.normal(size=steps)))
    jag = np.exp(0.3 * np.abs(random.normal(size=steps)) * (sharpness > 0.9 * threshold))
    loss = 0.6 / (1 + x / 30) * jag
    return {"step": x, "threshold": threshold, "sharpness": sharpness, "loss": loss}


class One(App[None]):
    """One widget on the screen."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


class Four(FrugalApp[None]):
    """Four charts that follow a run, telling `report` when the measurement begins and what it cost."""

    CSS = "Grid { grid-size: 2 2; }"

    def __init__(self, theme: str, report: int) -> None:
        super().__init__()
        self.chosen_theme = theme
        self.report = report
        self.run_data = edge_of_stability(4000)
        self.started = time.monotonic()

    def compose(self) -> ComposeResult:
        with Grid():
            yield Chart("loss", log_axis=True, id="loss")
            yield Chart("sharpness", id="sharpness")
            yield Chart("Gauss–Newton", id="gauss-newton")
            yield Chart("gradient norm", log_axis=True, id="gradient")

    def on_mount(self) -> None:
        self.theme = self.chosen_theme
        self.set_interval(1 / FRAMES_PER_SECOND, self.follow)
        self.set_timer(SETTLING, self.begin)

    def begin(self) -> None:
        os.write(self.report, b"begin\n")
        self.began = time.process_time()
        self.set_timer(SECONDS, self.finish)

    def finish(self) -> None:
        os.write(self.report, f"{(time.process_time() - self.began) / SECONDS}\n".encode())
        self.exit()

    def follow(self) -> None:
        count = 1000 + int((time.monotonic() - self.started) * STEPS_PER_SECOND)
        step, threshold, sharpness, loss = (column[:count] for column in self.run_data.values())
        limit = Trace("2/η", step, threshold, "threshold", stepped=True, reference=True)
        marks = [Mark(1200, "η 0.02 → 0.01", "η")]
        self.query_one("#loss", Chart).show(
            [Trace("test", step[::50], 1.2 * loss[::50], "test-loss"), Trace("train", step, loss, "loss")], marks
        )
        lesser = [Trace(f"λ{k}", step[::5], sharpness[::5] / k, MODES[k - 1]) for k in (3, 2)]
        top = Trace("λ1", step, sharpness, MODES[0])  # it swings from step to step, with a band behind its line
        rug = Trace("cert", step[::5], sharpness[::5], "certified", points=True)
        self.query_one("#sharpness", Chart).show([*lesser, limit, top, rug], marks)
        gauss_newton = Trace("λ1", step[::5], 0.97 * sharpness[::5], MODES[0])
        self.query_one("#gauss-newton", Chart).show([limit, gauss_newton, replace(rug, label="")], marks)
        self.query_one("#gradient", Chart).show([Trace("‖g‖", step, np.sqrt(loss), "trace")], marks)


async def median_ms(redraw: Callable[[int], Awaitable[None]]) -> float:
    times = []
    for repeat in range(REPEATS):
        start = time.perf_counter()
        await redraw(repeat)
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


async def time_chart(size: int) -> tuple[float, float]:
    """Milliseconds from `show` to the strips of all rows: of other data, and of 100 more rows."""
    rows = size + APPENDED * (REPEATS + 1)
    x, y = np.arange(rows), np.exp(np.random.default_rng(0).normal(size=rows))
    other = y[::-1].copy()
    chart = Chart("loss", log_axis=True)
    async with One(chart).run_test(size=(120, 20)):

        async def anew(repeat: int) -> None:
            chart.show([Trace("train", x[:size], (y, other)[repeat % 2][:size], "loss")])
            chart.render_lines(chart.size.region)

        async def following(repeat: int) -> None:
            count = size + APPENDED * (repeat + 1)
            chart.show([Trace("train", x[:count], y[:count], "loss")])
            chart.render_lines(chart.size.region)

        rebuild = await median_ms(anew)
        chart.show([Trace("train", x[:size], y[:size], "loss")])
        return rebuild, await median_ms(following)


async def time_textual_plot(size: int) -> float:
    """Milliseconds in which textual-plot redraws the same chart."""
    from textual_plot import PlotWidget  # type: ignore[import-not-found,unused-ignore]

    x, y = np.arange(size), np.exp(np.random.default_rng(0).normal(size=size))
    plot = PlotWidget()
    async with One(plot).run_test(size=(120, 20)) as pilot:

        async def anew(_: int) -> None:
            plot.clear()
            plot.plot(x, y)
            plot.refresh()
            await pilot.pause()

        return await median_ms(anew)


def bytes_and_share(theme: str) -> tuple[float, float]:
    """Bytes a second that the four charts send to a pseudo-terminal of 120 x 40, and the share of a core they use."""
    reading, report = os.pipe()
    os.set_inheritable(report, True)
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
        os.execv(sys.executable, [sys.executable, __file__, "--follow", theme, str(report)])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    os.close(report)
    sent, share, counting = 0, float("nan"), False
    while True:
        ready, _, _ = select.select([terminal, reading], [], [])
        if terminal in ready:
            try:
                received = len(os.read(terminal, 65536))
            except OSError:  # Linux reports the end of a terminal session as an error
                break
            sent += received if counting else 0
        elif message := os.read(reading, 64):
            if counting:
                share, counting = float(message), False
            else:
                counting = True
        else:
            break
    os.waitpid(child, 0)
    return sent / SECONDS, share


def main() -> None:
    plot_installed = find_spec("textual_plot") is not None
    print(f"{'points':>9} {'anew':>9} {'+100 rows':>9}   textual-plot")
    for size in SIZES:
        rebuild, following = asyncio.run(time_chart(size))
        theirs = f"{asyncio.run(time_textual_plot(size)):.0f} ms" if plot_installed else "not installed"
        print(f"{size:>9} {rebuild:>6.2f} ms {following:>6.2f} ms   {theirs}")
    for theme in ("textual-dark", "ansi-dark"):
        rate, share = bytes_and_share(theme)
        print(f"four charts on 120 x 40 following at 4 frames/s, {theme}: {rate / 1e3:.1f} kB/s, {share:.0%} of a core")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--follow"]:
        Four(sys.argv[2], int(sys.argv[3])).run()
    else:
        main()
