"""Where a run's socket is, and making one that only its owner can reach."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import stat
import time
from pathlib import Path

from eostui.link.heartbeat import Life, read_heartbeat
from eostui.store import clean_text

SOCKET_NAME = "link.sock"
LONGEST_PATH = 100
"""A Unix socket's path has 108 bytes on Linux and 104 on macOS, the closing NUL included."""
TIMEOUT = 2.0
"""Seconds that a trainer has to take a viewer in."""


class LinkError(OSError):
    """The socket cannot be made or reached; the message says which and what would help."""


def socket_path(run_directory: Path) -> Path:
    """`RUN/link.sock`, or, where that is too long for a socket, `substitute`."""
    directory = run_directory.resolve()
    path = directory / SOCKET_NAME
    if len(os.fsencode(path)) <= LONGEST_PATH:
        return path
    return substitute(directory)


def substitute(run_directory: Path) -> Path:
    """Where a run's socket is that cannot be in its directory: a name made from that in a private directory in /tmp.

    Raises `LinkError` where there is none.
    """
    return _private_directory() / _socket_name(run_directory)


def _socket_name(run_directory: Path) -> str:
    digest = hashlib.sha256(os.fsencode(run_directory.resolve())).hexdigest()[:24]
    return f"{digest}.sock"


def _private_name() -> Path:
    # Not $XDG_RUNTIME_DIR: that goes when its user logs out, and the run is to be found again after that.
    return Path(f"/tmp/eostui-{os.getuid()}")


def _private_directory() -> Path:
    directory = _private_name()
    directory.mkdir(mode=0o700, exist_ok=True)
    status = directory.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
        raise LinkError(f"{directory} is not a private directory of yours: remove it, or use a shorter --runs-dir")
    return directory


def listen(run_directory: Path) -> socket.socket:
    """A listening socket for a run, mode 0600. The run's directory is made private (0700) first.

    Where the directory takes no socket, as many file systems do not, it is at `substitute`. Raises `LinkError` where
    none can be made there either.
    """
    path = socket_path(run_directory)
    try:
        run_directory.chmod(0o700)
        return _listening(path)
    except OSError as error:
        reason = error.strerror or error
    try:
        return _listening(substitute(run_directory))
    except OSError:
        raise LinkError(f"no socket can be opened at {clean_text(path)}: {reason}") from None


def _listening(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def remove_socket(run_directory: Path) -> None:
    """Remove a run's socket, wherever it is."""
    for path in (run_directory / SOCKET_NAME, _private_name() / _socket_name(run_directory)):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def connect(run_directory: Path) -> socket.socket:
    """A connection to the live trainer of a run. Raises `LinkError`, which says what there is where none listens."""
    name = repr(clean_text(run_directory.name, 100))
    life = life_of(run_directory)
    if life is Life.SUSPENDED:
        raise LinkError(f"the trainer of {name} is suspended: `kill -CONT {_pid(run_directory)}` lets it go on")
    if life in (Life.ELSEWHERE, Life.SILENT):
        raise LinkError(f"the trainer of {name} is on another machine, {_host(run_directory)}: attach there")
    if life is Life.ALIVE and not has_socket(run_directory):
        raise LinkError(f"the trainer of {name} has no socket: it is followed by its file")
    try:
        return connect_to(listening_at(run_directory))
    except BlockingIOError as error:
        raise LinkError(f"the trainer of {name} takes nobody in at present: try again") from error
    except OSError as error:
        if life is Life.ALIVE:
            reason = error.strerror or error
            raise LinkError(f"the trainer of {name} is running, and cannot be reached: {reason}") from error
        raise LinkError(f"no trainer is running for {name}") from error


def connect_to(path: Path) -> socket.socket:
    """A connection to a socket, once those are taken in that are before us in the queue. Raises OSError."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(TIMEOUT)
        try:
            connection.connect(str(path))
        except BlockingIOError:
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        except OSError:
            connection.close()
            raise
        else:
            connection.settimeout(None)
            return connection


def life_of(run_directory: Path) -> Life | None:
    """What is known of a run's trainer; None where it has left no word of itself, as after a clean end."""
    found = read_heartbeat(run_directory)
    return None if found is None else found[0].life(run_directory, found[1])


def is_live(run_directory: Path) -> bool:
    """Whether a trainer is at work on this run, on whichever machine."""
    life = life_of(run_directory)
    if life is None:  # somebody may listen all the same
        with contextlib.suppress(LinkError):
            connect(run_directory).close()
            return True
    return life in (Life.ALIVE, Life.SUSPENDED, Life.ELSEWHERE)


def listening_at(run_directory: Path) -> Path:
    """Where the trainer listens. One whose directory was renamed goes on listening where its path led to before."""
    path = socket_path(run_directory)
    if not path.exists() and (found := read_heartbeat(run_directory)) is not None:
        said = Path(found[0].socket)
        if said.parent == _private_directory():  # no other place is believed
            return said
    return path


def has_socket(run_directory: Path) -> bool:
    """Whether the trainer says that it listens somewhere; True where it says nothing."""
    found = read_heartbeat(run_directory)
    return found is None or bool(found[0].socket)


def _pid(run_directory: Path) -> int:
    found = read_heartbeat(run_directory)
    return 0 if found is None else found[0].pid


def _host(run_directory: Path) -> str:
    found = read_heartbeat(run_directory)
    return "" if found is None else clean_text(found[0].host, 100)
