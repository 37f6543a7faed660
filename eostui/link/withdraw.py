"""Taking away what a start that failed has left: a directory that holds a name and has no run in it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
from pathlib import Path

from eostui.link.address import SOCKET_NAME, is_live, life_of, remove_socket
from eostui.link.heartbeat import HEARTBEAT_NAME, Life, read_heartbeat
from eostui.link.log import LOG_NAME, cut
from eostui.link.spool import SPOOL_NAME
from eostui.store import RUN_FILE


def has_begun(run_directory: Path) -> bool:
    """Whether there is a run file, which nobody may take away any more."""
    return (run_directory / RUN_FILE).exists()


def interrupt(run_directory: Path) -> bool:
    """Ask a trainer on this machine that is starting to end: it hears no command yet. Whether there is one."""
    found = read_heartbeat(run_directory)
    if found is None or not found[0].is_here or life_of(run_directory) is not Life.ALIVE:
        return False
    os.kill(found[0].pid, signal.SIGTERM)
    return True


def withdraw(run_directory: Path) -> None:
    """Remove the directory and the socket of a run that has not begun. One that has is left as it is."""
    if has_begun(run_directory):
        return
    remove_socket(run_directory)
    shutil.rmtree(run_directory, ignore_errors=True)


def withdraw_but_keep_log(run_directory: Path) -> Path | None:
    """`withdraw`, and where the log is from then on: in the system's temporary directory, None where it was empty.

    Of a run that has begun, the log stays where it is.
    """
    log = run_directory / LOG_NAME
    if has_begun(run_directory):
        return log
    kept = None
    with contextlib.suppress(OSError):
        cut(log)
        if text := log.read_bytes():
            descriptor, name = tempfile.mkstemp(prefix=f"eostui-{run_directory.name[:40]}-", suffix=".log")
            with os.fdopen(descriptor, "wb") as copy:
                copy.write(text)
            kept = Path(name)
    withdraw(run_directory)
    return kept


def withdraw_leftover(run_directory: Path) -> None:
    """Remove what a trainer has left that died before its run began, when nobody was there to see it.

    Only where there is nothing but its log, its socket and a run file that never got its name, and nobody listens.
    """
    try:
        names = {path.name for path in run_directory.iterdir()}
    except OSError:
        return
    unfinished = {name for name in names if name.startswith(f".{RUN_FILE}.")}
    if (
        LOG_NAME in names
        and names - unfinished <= {LOG_NAME, SOCKET_NAME, HEARTBEAT_NAME, SPOOL_NAME}
        and not is_live(run_directory)
    ):
        withdraw(run_directory)
