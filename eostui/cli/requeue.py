"""Whether a run that a scheduler starts again is to go on."""

from __future__ import annotations

import sys
from pathlib import Path

from eostui.store import RUN_FILE, Kind, RunFile, Status
from eostui.store.events import Signalled


def over(directory: Path) -> int | None:
    """The exit code where there is nothing to go on with, which is said; None where the run is to go on.

    A run goes on that a signal has stopped, or that ended without a last word. One that somebody has stopped has been
    stopped for good. Raises `StoreError` for a file that cannot be read.
    """
    with RunFile.open(directory / RUN_FILE) as file:
        status, events = file.status(), file.events()
    begun = max((at for at, event in enumerate(events) if event.kind in (Kind.START, Kind.RESUMED)), default=0)
    by_signal = any(isinstance(event.what, Signalled) and event.what.ends for event in events[begun:])
    if not status.ended or (status is Status.STOPPED and by_signal):
        return None
    failed = status in (Status.DIVERGED, Status.FAILED)
    print(
        f"eostui: {directory.name} has {'been stopped' if status is Status.STOPPED else status}: "
        f"nothing is left to do; see eostui info {directory}",
        file=sys.stderr if failed else sys.stdout,
    )
    return 1 if failed else 0
