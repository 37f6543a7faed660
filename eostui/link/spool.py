"""Commands to a trainer as files in its run, for who sees the files and cannot reach the process.

`RUN/spool/ID.command` is one frame with a command, written under another name and renamed. The trainer takes it within
half a second and leaves `ID.taken`, and once it has acted `ID.answer`, one frame with its answer.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from eostui.link.frames import FrameDecoder, FrameError
from eostui.link.messages import Ack, Command, Message, decode, encode

SPOOL_NAME = "spool"
LARGEST = 16384
"""Bytes of a file at most."""
MOST = 64
"""Files that are looked at, at a time."""


def put(run_directory: Path, command: Command) -> str:
    """Leave a command for a run's trainer; the name by which `answer_to` knows it. Raises OSError."""
    spool = run_directory / SPOOL_NAME
    spool.mkdir(mode=0o700, exist_ok=True)
    name = secrets.token_hex(12)
    _write(spool / f"{name}.command", encode(command))
    return name


def is_taken(run_directory: Path, name: str) -> bool:
    """Whether the trainer has taken a command."""
    spool = run_directory / SPOOL_NAME
    return (spool / f"{name}.taken").exists() or (spool / f"{name}.answer").exists()


def answer_to(run_directory: Path, name: str) -> Ack | None:
    """The trainer's answer to a command, which is removed with it; None before there is one."""
    spool = run_directory / SPOOL_NAME
    try:
        answer = _read(spool / f"{name}.answer")
    except OSError:
        return None
    except FrameError:
        answer = None
    for kind in ("answer", "taken"):
        with contextlib.suppress(OSError):
            (spool / f"{name}.{kind}").unlink(missing_ok=True)
    return answer if isinstance(answer, Ack) else Ack(0, False, "the trainer's answer cannot be read")


def take(run_directory: Path) -> list[tuple[str, Command | None]]:
    """The commands that wait, at most `MOST`, with their names; None for one that is no command of this user's.

    Each is removed, and marked as taken.
    """
    spool = run_directory / SPOOL_NAME
    taken: list[tuple[str, Command | None]] = []
    try:
        status = spool.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            return []
        waiting = sorted((p for p in spool.iterdir() if p.suffix == ".command"), key=lambda p: p.lstat().st_mtime_ns)
    except OSError:
        return []
    for path in waiting[:MOST]:
        command: Message | None = None
        with contextlib.suppress(OSError, FrameError):
            command = _read(path)
        try:
            path.unlink()
            (spool / f"{path.stem}.taken").touch(mode=0o600)
        except OSError:
            continue  # what cannot be removed would be carried out again and again
        taken.append((path.stem, command if isinstance(command, Command) else None))
    return taken


def answer(run_directory: Path, name: str, ack: Ack) -> None:
    """Leave the trainer's answer to a command. Raises OSError."""
    _write(run_directory / SPOOL_NAME / f"{name}.answer", encode(ack))


def _write(path: Path, frame: bytes) -> None:
    partial = path.with_suffix(".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(frame)
    partial.replace(path)


def _read(path: Path) -> Message:
    """The one message in a file of this user's. Raises OSError and `FrameError`."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid() or status.st_size > LARGEST:
            raise FrameError("this is no file of a command")
        data = file.read(LARGEST)
    try:
        frames = FrameDecoder().feed(data)
        (message,) = [decode(header, body) for header, body in frames]
    except (ValueError, RecursionError) as error:
        raise FrameError(f"this is no frame with one message: {error}") from None
    return message
