"""Training without the dashboard: a progress line, or plain lines where stdout is no terminal."""

from __future__ import annotations

import math
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.text import Text

from eostui.config import RunConfig
from eostui.dashboard.feed import Feed
from eostui.dashboard.live import LiveFeed
from eostui.link.address import LinkError
from eostui.link.client import LinkClient
from eostui.trainer.launch import launch

REDRAW = 0.25
"""Seconds between two progress lines on a terminal."""
PLAIN_EVERY = 5.0
"""Seconds between two plain lines."""


def train_headless(config: RunConfig, *, name: str | None, runs_dir: Path) -> int:
    """Train to the end and say how far it is; the run's exit code. Ctrl-C stops the run cleanly, with exit code 130."""
    pressed = 0

    def interrupt(*_: object) -> None:
        nonlocal pressed
        pressed += 1

    # Not as KeyboardInterrupt, which is lost where it comes up in a callback of a library written in C.
    before = signal.signal(signal.SIGINT, interrupt)
    launched = launch(config, name=name, runs_dir=runs_dir)
    feed = LiveFeed(LinkClient.to_run(launched.directory), launched.directory, launched.process)
    stopping = False
    try:
        for _ in _followed(feed):
            if pressed and not stopping:
                stopping = True
                print("stopping; Ctrl-C again kills the trainer", file=sys.stderr)
                with suppress(LinkError):  # the trainer ends by itself at this moment
                    feed.send("stop")
            elif pressed > 1:
                launched.process.kill()
                return 130
    finally:
        signal.signal(signal.SIGINT, before)
        feed.close()
    if feed.ended is None or feed.ended.code:
        text = feed.gone() if feed.ended is None else feed.ended.text
        print(f"eostui: {text}", file=sys.stderr)
        return 1 if feed.ended is None else feed.ended.code
    print(f"{feed.status}: {launched.directory / 'run.h5'}")
    return 130 if stopping else 0


def _followed(feed: LiveFeed) -> Iterator[None]:
    """Say what goes on until the training is over; a turn whenever there may be something new."""
    console = Console()
    if not console.is_terminal:
        last = ""
        told = -PLAIN_EVERY
        while not feed.over:
            _tell(feed, console)
            line = progress_line(feed).plain
            if (time.monotonic() - told > PLAIN_EVERY or feed.over) and line != last:
                print(line, flush=True)
                last, told = line, time.monotonic()
            yield
            time.sleep(REDRAW)
        return
    with Live(console=console, auto_refresh=False) as live:
        while not feed.over:
            _tell(feed, console)
            live.update(progress_line(feed), refresh=True)
            yield
            time.sleep(REDRAW)


def _tell(feed: LiveFeed, console: Console) -> None:
    """Take in what is new; what the run will cost is said once."""
    for notice in feed.poll():
        if notice.text == feed.forecast:
            console.print(notice.text, markup=False, highlight=False, soft_wrap=True)


def progress_line(feed: Feed) -> Text:
    """Where a run stands, in one line."""
    if feed.step < 0:
        return Text(f"{feed.name}: {feed.activity or feed.status}")
    train = feed.series["train"]
    goal = feed.config.get("steps")
    said = [f"step {feed.step}/{goal}" if goal else f"step {feed.step}", f"loss {train.last('loss'):.4g}"]
    if "accuracy" in train:
        said.append(f"accuracy {train.last('accuracy'):.3f}")
    for table, name in (("preconditioned", "preconditioned sharpness"), ("hessian", "sharpness")):
        if table in feed.series:
            eigenvalues = feed.column(table, "eigenvalues")[1]
            said.append(f"{name} {eigenvalues[-1, 0] if len(eigenvalues) else math.nan:.4g}")
        if table == feed.threshold_on and feed.has_threshold:
            said.append(f"{feed.threshold_formula} {train.last('threshold'):.4g}")
    said.append(feed.activity)
    return Text("  ".join(said).rstrip(), no_wrap=True, overflow="ellipsis")
