"""`eostui` without a command: choose a run, watch it, and come back to the list."""

from __future__ import annotations

import os
from pathlib import Path

from eostui.cli.options import DEFAULT_RUNS_DIR
from eostui.cli.watch import preferences, show, show_together, watch, watch_again
from eostui.dashboard.picker import RunPicker
from eostui.home import expand_home
from eostui.link.address import is_live
from eostui.reading.live import LiveFeed
from eostui.reading.reach import reach
from eostui.reading.replay import ReplayFeed
from eostui.store import open_run, open_runs


def pick() -> int:
    """The list of runs until the user leaves it; the exit code."""
    runs_dir = expand_home(os.environ.get("EOSTUI_RUNS") or DEFAULT_RUNS_DIR)
    path: Path | None = None
    while True:
        picker = RunPicker(runs_dir, preferences(None), path)
        code = show(picker)
        if len(picker.compared) > 1:
            code = show_together(open_runs(picker.compared), None)
            if code >= 128:
                return code
            continue
        path = picker.chosen
        if code or path is None:
            return code
        code = _open(path)
        if code >= 128:  # a signal has asked this program to end
            return code


def _open(path: Path) -> int:
    """Watch a run that is being trained, and replay any other; the exit code."""
    if is_live(path.parent):
        return watch(LiveFeed(reach(path.parent), path.parent), preferences(None))
    with open_run(path) as file:
        feed = ReplayFeed(file)
    return watch_again(feed, preferences(None))
