"""Where a run's socket is, and making one that only its owner can reach."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
from pathlib import Path

SOCKET_NAME = "link.sock"
LONGEST_PATH = 100
"""A Unix socket's path has 108 bytes on Linux and 104 on macOS, the closing NUL included."""
TIMEOUT = 2.0
"""Seconds that a trainer has to take a viewer in."""


class LinkError(OSError):
    """The socket cannot be made or reached; the message says which and what would help."""


def socket_path(run_directory: Path) -> Path:
    """`RUN/link.sock`, or, where that is too long for a socket, a name made from it in a private directory in /tmp."""
    directory = run_directory.resolve()
    path = directory / SOCKET_NAME
    if len(os.fsencode(path)) <= LONGEST_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:24]
    return _private_directory() / f"{digest}.sock"


def _private_directory() -> Path:
    # Not $XDG_RUNTIME_DIR: that goes when its user logs out, and the run is to be found again after that.
    directory = Path(f"/tmp/eostui-{os.getuid()}")
    directory.mkdir(mode=0o700, exist_ok=True)
    status = directory.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
        raise LinkError(f"{directory} is not a private directory of yours: remove it, or use a shorter --runs-dir")
    return directory


def listen(run_directory: Path) -> socket.socket:
    """A listening socket for a run, mode 0600. The run's directory is made private (0700) first. Raises `LinkError`."""
    path = socket_path(run_directory)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        run_directory.chmod(0o700)
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen()
    except OSError as error:
        listener.close()
        raise LinkError(f"cannot open the run's socket at {path}: {error.strerror or error}") from error
    return listener


def connect(run_directory: Path) -> socket.socket:
    """A connection to the live trainer of a run. Raises `LinkError` where none is listening."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(TIMEOUT)
    try:
        connection.connect(str(socket_path(run_directory)))
    except OSError as error:
        connection.close()
        raise LinkError(f"no trainer is running for {run_directory.name!r}") from error
    connection.settimeout(None)
    return connection


def is_live(run_directory: Path) -> bool:
    """Whether a trainer is listening for this run."""
    try:
        connect(run_directory).close()
    except LinkError:
        return False
    return True
