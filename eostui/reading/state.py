"""The state of a run as it is now, which its file alone cannot always tell."""

from __future__ import annotations

from eostui.link.address import is_live
from eostui.store import RunFile


def run_state(run: RunFile) -> str:
    """The status in the file, or `died` where it says that the run goes on and no trainer does."""
    status = run.status()
    return str(status) if status.ended or is_live(run.path.parent) else "died"
