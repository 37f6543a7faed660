"""A program in a real pseudo-terminal, read as a terminal reads it."""

from __future__ import annotations

import math
import os
import pty
import resource
import select
import signal
import struct
import sys
import termios
import time
from fcntl import ioctl
from pathlib import Path

COLUMNS, ROWS = 120, 40


class Screen:
    """A program in a pseudo-terminal of its own, and how many bytes it has sent."""

    def __init__(self, arguments: list[str], directory: Path) -> None:
        self.sent = 0
        self.started = time.perf_counter()
        self.pid, self._descriptor = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
            ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execv(sys.executable, [sys.executable, "-m", "eostui", *arguments])

    def read(self, seconds: float, until: bytes | None = None) -> float:
        """Read for so long, or until some bytes have come; the time since the start."""
        deadline = time.perf_counter() + seconds
        seen = b""
        while (left := deadline - time.perf_counter()) > 0:
            if select.select([self._descriptor], [], [], left)[0]:
                try:
                    data = os.read(self._descriptor, 1 << 16)
                except OSError:
                    break
                self.sent += len(data)
                seen += data
                if until is not None and until in seen:
                    break
        return time.perf_counter() - self.started

    def press(self, key: bytes, seconds: float = 1.5) -> int:
        """Press a key, and wait; how many bytes came."""
        before = self.sent
        os.write(self._descriptor, key)
        self.read(seconds)
        return self.sent - before

    def answer(self, key: bytes, quiet: float = 0.4) -> float:
        """Press a key: seconds until the last byte of the answer, after which nothing comes for `quiet` seconds.

        NaN where none comes within two seconds.
        """
        pressed, last = time.perf_counter(), math.nan
        os.write(self._descriptor, key)
        while select.select([self._descriptor], [], [], 2.0 if math.isnan(last) else quiet)[0]:
            self.sent += len(os.read(self._descriptor, 1 << 16))
            last = time.perf_counter() - pressed
        return last

    def processor_seconds(self) -> float:
        """Seconds of a processor that the program has used until now."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> resource.struct_rusage:
        """End the program; what it used."""
        os.kill(self.pid, signal.SIGKILL)
        _, _, used = os.wait4(self.pid, 0)
        os.close(self._descriptor)
        return used
