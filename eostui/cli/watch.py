"""Showing a run in the dashboard, and saying what became of it."""

from __future__ import annotations

import contextlib
import difflib
import functools
import io
import os
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import typer

from eostui.cli.kept_signals import kept_signals
from eostui.dashboard.app import Dashboard
from eostui.dashboard.house_app import HouseApp
from eostui.dashboard.screens.watch import WatchScreen
from eostui.dashboard.settings import THEME_NAMES, Preferences
from eostui.reading.ending import ending_of
from eostui.reading.growing import GrowingFeed
from eostui.reading.live import LiveFeed
from eostui.reading.replay import ReplayFeed
from eostui.store import RUN_FILE, RunFile
from eostui.streams import write_what_can_be_read

VIEWER_NICENESS = 5


def preferences(theme: str | None) -> Preferences:
    """What the user has chosen, with a theme for this time. Raises a usage error for one that there is not."""
    if theme is not None and theme not in THEME_NAMES:
        near = difflib.get_close_matches(theme, THEME_NAMES, n=1) or THEME_NAMES
        raise typer.BadParameter(f"there is no theme {theme!r}; there is {', '.join(near)}", param_hint="--theme")
    encoding = "ascii" if sys.__stderr__ is None else sys.__stderr__.encoding
    return Preferences.of(os.environ, encoding, theme)


def watch(feed: LiveFeed, chosen: Preferences, kept: list[int] | None = None) -> int:
    """The dashboard until the user leaves it; the exit code. `kept` are signals that have come for it already."""
    _give_way()
    dashboard = Dashboard(feed, chosen)
    dashboard.came_before = [] if kept is None else kept
    try:
        code = show(dashboard)
    except KeyboardInterrupt:  # before Textual has the keys: what a second Ctrl-C means
        code = 130
    else:
        if dashboard.ended_by == signal.SIGTERM and feed.started_here:
            _await_end(feed)
    finally:
        feed.close()
    if feed.over and dashboard.branch is None:
        ended = 1 if feed.ended is None else feed.ended.code
        if ended:
            print(f"eostui: {ending_of(feed)}", file=sys.stderr)
        else:
            print(ending_of(feed))
        return code or ended
    with contextlib.suppress(OSError):  # the terminal may be what has gone
        print(f"{feed.name} is still training; come back: eostui attach {feed.place}", flush=True)
    return _branch_off(dashboard.branch, chosen) if dashboard.branch else code


def _await_end(feed: LiveFeed) -> None:
    """Wait until a training has ended that was asked to stop: for as long as the app's last wishes may take."""
    with contextlib.suppress(OSError):  # of which a `LinkError` is one: it has ended
        print(f"stopping {feed.name}, with a checkpoint", flush=True)
    while not feed.over:
        feed.poll()
        time.sleep(0.05)


def watch_again(feed: ReplayFeed, chosen: Preferences) -> int:
    """A saved run until the user leaves it; the exit code."""
    dashboard = Dashboard(feed, chosen)
    code = show(dashboard)
    return _branch_off(dashboard.branch, chosen) if dashboard.branch else code


def _branch_off(wanted: WatchScreen.Branch, chosen: Preferences) -> int:
    """Start the new run that was asked for, and watch it."""
    from eostui.cli.start import follow
    from eostui.trainer.branch_off import branch_off

    directory = wanted.directory.absolute()
    start = partial(
        branch_off, directory / RUN_FILE, wanted.at, {"lr": wanted.lr}, name=None, runs_dir=directory.parent
    )
    with kept_signals() as kept:
        return watch(follow(_give_way().submit(start).result()), chosen, kept)


@functools.cache
def _give_way() -> ThreadPoolExecutor:
    """Let the training come first: where its threads keep every core busy, a viewer that takes one of them for a moment
    has all the others wait.

    Returns a thread from before that: on Linux, what is started in it does not give way.
    """
    starter = ThreadPoolExecutor(1)
    starter.submit(int).result()  # now there is a thread
    with contextlib.suppress(OSError):
        os.nice(VIEWER_NICENESS)
    return starter


def show_together(files: Sequence[RunFile], theme: str | None) -> int:
    """Several runs in the same charts until the user leaves; the exit code."""
    feeds = [GrowingFeed(file) for file in files]
    try:
        return show(Dashboard(feeds, preferences(theme)))
    finally:
        for feed in feeds:
            feed.close()


def show(app: HouseApp[None]) -> int:
    """An app until the user leaves it, or until a signal does: that one's exit code, else 0."""
    if isinstance(sys.__stderr__, io.TextIOWrapper):
        sys.__stderr__.reconfigure(errors="replace")  # Textual draws there, and counts on a cell a character
    try:
        app.run()
    finally:
        write_what_can_be_read()
    return app.return_code or 0 if app.ended_by is None else 128 + app.ended_by
