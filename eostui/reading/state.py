"""The state of a run as it is now, which its file alone cannot always tell."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from eostui.durations import duration
from eostui.link.address import is_live, life_of
from eostui.link.doing import last_activity
from eostui.link.heartbeat import Life, read_heartbeat
from eostui.store import RUN_FILE, RunReader, Status, clean_text

DIED = "died"
"""The state of a run whose trainer is gone without a last word."""


def run_state(run: RunReader) -> str:
    """The status in the file, or what has become of a run that goes on by its file."""
    status = run.status()
    return str(status) if status.ended else state_of(run.path.parent, status)


def state_in_full(directory: Path, state: str) -> str:
    """A state as `run_state` says it; of a run whose trainer has died with when and at what that was, where that is
    known: `died at step 12 while measuring lowest`."""
    activity = last_activity(directory) if state.startswith(DIED) else ""
    return f"{DIED} {activity}" if activity else state


def state_of(directory: Path, status: Status) -> str:
    """The state of a run that has not ended, whose file, if it has one yet, has this status.

    `running on gpu17, last row 3 s ago` where the trainer is on another machine that shares the files, `not heard of
    for 10 min` where that one is silent, `suspended` where somebody has stopped its process, `died` where there is no
    such process any more, and `copy` of a directory that was copied while its run went on.
    """
    found = read_heartbeat(directory)
    match life_of(directory):
        case Life.ALIVE:
            return str(status)
        case Life.SUSPENDED:
            return "suspended"
        case Life.COPIED:
            return "copy"
        case Life.ELSEWHERE if found:
            return f"{status} on {clean_text(found[0].host, 60)}{_last_row(directory)}"
        case Life.SILENT if found:
            return f"not heard of for {duration(found[1])}"
        case None if is_live(directory):
            return str(status)
    return DIED if status is not Status.STARTING else f"{DIED} while starting"


def _last_row(directory: Path) -> str:
    """How long ago a run's file was written last."""
    with contextlib.suppress(OSError):
        return f", last row {duration(max(time.time() - (directory / RUN_FILE).stat().st_mtime, 0.0))} ago"
    return ""
