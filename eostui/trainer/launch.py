"""Starting a trainer that outlives whoever starts it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from eostui.config import RunConfig
from eostui.link.address import listen
from eostui.store import new_run_directory
from eostui.trainer.plan import run_name

LOG_NAME = "trainer.log"


@dataclass(frozen=True)
class Launched:
    """A trainer that was started."""

    directory: Path
    process: subprocess.Popen[str]

    @property
    def log(self) -> Path:
        """Where the trainer writes what is not for the dashboard."""
        return self.directory / LOG_NAME


def launch(config: RunConfig, *, name: str | None, runs_dir: Path) -> Launched:
    """Make the run's directory and its socket, and start the trainer in a session of its own.

    The socket listens before the trainer runs, so a viewer can connect at once. Losing the terminal does not reach the
    trainer: it has its own session, no controlling terminal, and writes to its log. Raises `StoreError` or `LinkError`.
    """
    directory = new_run_directory(
        runs_dir.absolute(), run_name(config) if name is None else name, numbered=name is None
    )
    # -P: a random.py in the user's directory shall not stand in for Python's own; own code is found by its path
    with listen(directory) as listener, (directory / LOG_NAME).open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "eostui.trainer", str(directory), str(listener.fileno())],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            pass_fds=[listener.fileno()],
        )
        assert process.stdin is not None
        process.stdin.write(config.to_json())
        process.stdin.close()
    return Launched(directory, process)
