"""Starting a trainer and watching it from its first word on."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from eostui.config import RunConfig
from eostui.link.address import LinkError
from eostui.link.client import LinkClient
from eostui.reading.demise import demise
from eostui.reading.live import LiveFeed
from eostui.trainer.launch import launch


def start(config: RunConfig, *, name: str | None, runs_dir: Path) -> LiveFeed:
    """Start a trainer in the background and connect to it.

    One that dies before it can be reached is told of like any other: one line and exit code 1.
    """
    launched = launch(config, name=name, runs_dir=runs_dir)
    try:
        client = LinkClient.to_run(launched.directory)
    except LinkError:
        print(f"eostui: {demise(launched.directory, launched.process)}", file=sys.stderr)
        raise typer.Exit(1) from None
    return LiveFeed(client, launched.directory, launched.process)
