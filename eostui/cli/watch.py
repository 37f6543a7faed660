"""Showing a live run in the dashboard, and saying what became of it."""

from __future__ import annotations

import contextlib
import os
import sys

import typer

from eostui.dashboard.app import Dashboard
from eostui.dashboard.live import LiveFeed

VIEWER_NICENESS = 5


def watch(feed: LiveFeed) -> int:
    """The dashboard until the user leaves it; the exit code."""
    with contextlib.suppress(OSError):
        # The training comes first: where its threads keep every core busy, a viewer that takes one of them for a moment
        # has all the others wait.
        os.nice(VIEWER_NICENESS)
    try:
        Dashboard(feed).run()
    finally:
        feed.close()
    if feed.ended is not None:
        if feed.ended.code:
            print(f"eostui: {feed.ended.text}", file=sys.stderr)
        else:
            typer.echo(f"{feed.name}: {feed.status} at step {feed.step}; watch again: eostui replay {feed.place}")
        return feed.ended.code
    if feed.over:
        print(
            f"eostui: the trainer of {feed.name} is gone; its log: {feed.directory / 'trainer.log'}",
            file=sys.stderr,
        )
        return 1
    typer.echo(f"{feed.name} is still training; come back: eostui attach {feed.place}")
    return 0
