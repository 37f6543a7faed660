"""Being process 1, as the first program of a container is: children that others have left become its own."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from types import FrameType


def reap_orphans(trainer: subprocess.Popen[str]) -> None:
    """Where this is process 1, take note of every child that ends. Otherwise each would be a zombie for ever."""
    if os.getpid() != 1:
        return

    def reap(_number: int, _frame: FrameType | None) -> None:
        with suppress(ChildProcessError):
            while child := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                if child.si_pid != trainer.pid:
                    os.waitpid(child.si_pid, 0)
                elif trainer.poll() is None:  # whoever asks for its status has the lock on it at this moment
                    return

    signal.signal(signal.SIGCHLD, reap)
