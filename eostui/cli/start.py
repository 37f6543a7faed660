"""Starting a trainer and watching it from its first word on."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from eostui.cli.orphans import reap_orphans
from eostui.link.address import LinkError, connect
from eostui.link.client import LinkClient
from eostui.reading.demise import demise
from eostui.reading.live import LiveFeed
from eostui.trainer.launch import Launched


def carry_on(launch: Callable[[], Launched], *, headless: bool, theme: str | None, detach: bool = False) -> int:
    """Start a trainer and watch it, in the dashboard or without; with `detach`, until it has begun. The exit code."""
    if headless or detach:
        from eostui.cli.headless import train_headless

        return train_headless(launch, detach=detach)

    from eostui.cli.terminal import require_terminal

    require_terminal("--headless trains without it")
    from eostui.cli.kept_signals import kept_signals
    from eostui.cli.watch import preferences, watch

    chosen = preferences(theme)
    with kept_signals() as kept:
        return watch(follow(launch()), chosen, kept)


def follow(launched: Launched) -> LiveFeed:
    """Connect to a trainer that was started.

    One that dies before it can be reached is told of like any other: one line and exit code 1.
    """
    reap_orphans(launched.process)
    try:
        connection = launched.connection or connect(launched.directory)
    except LinkError:
        print(f"eostui: {demise(launched.directory, launched.process)}", file=sys.stderr)
        raise typer.Exit(1) from None
    return LiveFeed(LinkClient(connection), launched.directory, launched.process)
