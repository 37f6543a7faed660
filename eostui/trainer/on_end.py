"""The user's command at the end of a run (`--on-end`)."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from eostui.store import Status

_SAYING_HOW_IT_ENDED = '( %s\n)\ncode=$?\n[ $code -eq 0 ] || echo "eostui: --on-end ended with exit code $code" >&2'
"""The command in a shell of its own, which it may leave with `exit`, and what the log is told where it fails."""


@dataclass(frozen=True)
class Ending:
    """How a run has ended: in its `directory`, with which status, after the row of which step, -1 for none, and why."""

    directory: Path
    status: Status
    step: int
    reason: str

    @property
    def variables(self) -> dict[str, str]:
        """What the command finds in its environment."""
        return {
            "EOSTUI_RUN": str(self.directory),
            "EOSTUI_STATUS": str(self.status),
            "EOSTUI_STEP": str(self.step),
            "EOSTUI_REASON": self.reason,
        }


def start_command(command: str, ending: Ending) -> None:
    """Start a shell command, which may outlive the trainer, and wait for nothing of it.

    It has a session of its own, and what it says goes into the trainer's log. A shell that cannot be started, and a
    command that fails, are told of there and change nothing about the run.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        subprocess.Popen(
            ["/bin/sh", "-c", _SAYING_HOW_IT_ENDED % command],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, **ending.variables},
        )
    except (OSError, ValueError) as error:
        print(f"eostui: --on-end could not be started: {error}", file=sys.stderr)
