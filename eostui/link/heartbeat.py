"""Which process trains a run, when it last said that it is there, and what it does: a small file in the run's
directory.

The operating system knows whether a process on this machine is alive. Of one on another machine, which shares the
files, the age of its heartbeat tells. What a process does is written over what it did before, by one call of the
system: it is still there when the process has been killed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

HEARTBEAT_NAME = "heartbeat.json"
INTERVAL = 2.0
"""Seconds between two beats."""
LOOK = 0.4
"""Seconds between two looks at what has been left in the directory."""
SILENCE = 30.0
"""Seconds without a beat after which nobody says any more that a trainer on another machine is there: a network file
system may show a change so late."""
_MOST_BYTES = 4096
_ROOM = 120
"""Bytes for what a process does."""
_KEY = '"doing": "'
_PLAIN = dict.fromkeys((*range(32), 127, *b'"\\'), "?")
"""What may not be within a JSON text: one of which half is written is one all the same."""


class Life(StrEnum):
    """What is known of a trainer's process."""

    ALIVE = "alive"
    SUSPENDED = "suspended"
    DEAD = "dead"
    ELSEWHERE = "elsewhere"
    """On another machine, and heard of."""
    SILENT = "silent"
    """On another machine, and not heard of any more."""
    COPIED = "copied"
    """That of the run from which this directory was copied."""


@dataclass(frozen=True)
class Heartbeat:
    """The process that trains a run.

    boot: names the time from the machine's start to its end, empty where it cannot be told. begun: when the process
    began, in a unit of the system's; 0 where it cannot be told. With both, a number that another process has got since
    then misleads nobody. inode: the number of the run's directory, which a copy of it has not. socket: where it
    listens. doing: what it does, in words. machine, namespace: the system's own name, which no other machine has, and
    the space of its numbers of processes, of which containers have one each; empty where they cannot be told.
    """

    host: str
    boot: str
    pid: int
    begun: int
    inode: int
    socket: str
    doing: str = ""
    machine: str = ""
    namespace: str = ""

    @classmethod
    def of(cls, pid: int, directory: Path, socket: str) -> Heartbeat:
        """That of a process of this machine. Raises OSError for a directory that is gone."""
        begun, _ = _process(pid) or (0, "")
        inode = directory.stat().st_ino
        return cls(platform.node(), _boot(), pid, begun, inode, socket, machine=_machine(), namespace=_namespace())

    def write(self, directory: Path) -> None:
        """Put it into the run's directory. Raises OSError."""
        temporary = directory / f".{HEARTBEAT_NAME}"
        temporary.write_text(json.dumps({**asdict(self), "doing": _padded(self.doing)}))
        temporary.replace(directory / HEARTBEAT_NAME)

    @property
    def is_here(self) -> bool:
        """Whether the process is, or was, on this machine, and not in another container. Hosts may share a name."""
        if self.host != platform.node():
            return False
        if self.boot == _boot():
            return not self.namespace or self.namespace == _namespace()
        return not self.machine or self.machine == _machine()

    def life(self, directory: Path, age: float) -> Life:
        """What is known of the process, whose heartbeat in this directory is so many seconds old."""
        if not self.is_here:
            return Life.ELSEWHERE if age < SILENCE else Life.SILENT
        with contextlib.suppress(OSError):
            if directory.stat().st_ino != self.inode:
                return Life.COPIED
        if self.boot != _boot():
            return Life.DEAD
        found = _process(self.pid)
        if found is None or found[0] != self.begun or found[1] in "ZX":
            return Life.DEAD
        return Life.SUSPENDED if found[1] in "Tt" else Life.ALIVE


def read_heartbeat(directory: Path) -> tuple[Heartbeat, float] | None:
    """A run's heartbeat and its age in seconds; None where there is none that can be read."""
    try:
        # Without waiting for a writer: a file of that name in a directory from elsewhere may be a pipe.
        with os.fdopen(os.open(directory / HEARTBEAT_NAME, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            text = file.read(_MOST_BYTES)
            age = time.time() - os.fstat(file.fileno()).st_mtime
        values = json.loads(text)
    except (OSError, ValueError, RecursionError):
        return None
    match values:
        case {
            "host": str(host),
            "boot": str(boot),
            "pid": int(pid),
            "begun": int(begun),
            "inode": int(inode),
            "socket": str(socket),
            **rest,
        } if 0 < pid < 2**31:
            said = doing.strip() if isinstance(doing := rest.get("doing"), str) else ""
            machine, namespace = str(rest.get("machine", "")), str(rest.get("namespace", ""))
            return Heartbeat(host, boot, pid, begun, inode, socket, said, machine, namespace), age
    return None


class Pulse:
    """Writes a run's heartbeat, and renews it from a thread of its own until `stop`."""

    def __init__(
        self,
        directory: Path,
        socket: str,
        *,
        look: Callable[[Path], None],
        moved: Callable[[Path], None],
        gone: Callable[[], None],
    ) -> None:
        """In that thread, `look` is called again and again with the directory's present path, `moved` with its new path
        when it was renamed, and `gone` when it was deleted. Raises OSError."""
        self._directory = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)  # follows it when it is renamed
        self._path = directory
        self._look = look
        self._moved = moved
        self._gone = gone
        self._stopping = threading.Event()
        Heartbeat.of(os.getpid(), directory, socket).write(directory)
        self._file = os.open(directory / HEARTBEAT_NAME, os.O_RDWR)
        self._place = os.pread(self._file, _MOST_BYTES, 0).rindex(_KEY.encode()) + len(_KEY)
        threading.Thread(target=self._beat, name="eostui-heartbeat", daemon=True).start()

    def say(self, doing: str) -> None:
        """What the process does from now on, in words. A file that cannot be written costs nothing but them."""
        with contextlib.suppress(OSError):
            os.pwrite(self._file, _padded(doing).encode(), self._place)

    def stop(self) -> None:
        """Beat no more, and take the file away: the trainer has said its last word."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            os.unlink(HEARTBEAT_NAME, dir_fd=self._directory)

    def _beat(self) -> None:
        beaten = time.monotonic()
        while not self._stopping.wait(min(LOOK, INTERVAL)):
            self._look(self._path)
            if time.monotonic() - beaten < INTERVAL:
                continue
            beaten = time.monotonic()
            try:
                os.utime(HEARTBEAT_NAME, dir_fd=self._directory)
            except OSError:
                if os.fstat(self._directory).st_nlink == 0:
                    self._gone()
                    return
            with contextlib.suppress(OSError):  # a system that does not tell
                path = Path(f"/proc/self/fd/{self._directory}").readlink()
                if path != self._path:
                    self._path = path
                    self._moved(path)


def _padded(doing: str) -> str:
    """It in the characters and the room that there are for it."""
    if not doing.isascii() or not doing.isprintable() or '"' in doing or "\\" in doing:  # hardly ever, and slow
        doing = doing.encode("ascii", "replace").decode().translate(_PLAIN)
    return doing[:_ROOM].ljust(_ROOM)


def here() -> str:
    """Twelve hexadecimal digits for the boot of this machine, and the container: with them, the number of a process and
    its beginning, that process is named for good."""
    return hashlib.sha256(f"{_boot()} {_namespace()}".encode()).hexdigest()[:12]


def begun_of(pid: int) -> int | None:
    """When a process of this machine began, as a heartbeat has it; None where there is none any more."""
    found = _process(pid)
    return None if found is None or found[1] in "ZX" else found[0]


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


@cache
def _machine() -> str:
    try:
        return Path("/etc/machine-id").read_text().strip()
    except OSError:
        return ""


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _process(pid: int) -> tuple[int, str] | None:
    """When a process of this machine began, and the letter of its state; None where there is none."""
    try:
        # The name of the program, in brackets, may have spaces and brackets in it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[19]), fields[0]
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
    except (OSError, ValueError, IndexError):
        return None
    try:  # a system without /proc
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return 0, "R"
