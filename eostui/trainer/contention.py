"""How much longer things take because others want the processor, too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_THREADS = Path("/proc/self/task")


@dataclass(frozen=True)
class Contention:
    """What the other work on a machine does to this process.

    slowdown: how many times as long as alone its threads took, of late; 1 where nobody knows. load: how many processes
    wanted a core over the last minute, this one among them. cores: how many cores there are. threads: how many of them
    this process would use.
    """

    slowdown: float
    load: float
    cores: int
    threads: int

    @property
    def expected(self) -> float:
        """How many times as long as alone things take if the last minute goes on: at least what they took of late."""
        fair = (self.load + self.threads) / self.cores if self.load > self.cores else 1.0
        return max(self.slowdown, fair, 1.0)

    @property
    def text(self) -> str:
        """What others do, in words."""
        on = f"load {self.load:.1f} on {self.cores} core{'s' * (self.cores > 1)}"
        return f"others use the machine, too ({on}): the shorter times are those without them"


class Stopwatch:
    """Watches how long the threads of this process wait for a core while they could run."""

    def __init__(self) -> None:
        self._began = _ran_and_waited()

    def slowdown(self) -> float:
        """Since the start, how many times as long they took as alone; 1 where the system does not say."""
        ran, waited = (now - then for now, then in zip(_ran_and_waited(), self._began, strict=True))
        return 1 + max(waited, 0) / ran if ran > 0 else 1.0


def contention(watch: Stopwatch, load: float, threads: int) -> Contention:
    """That of now, by a watch that has seen some work, and the load before that work."""
    return Contention(watch.slowdown(), load, os.cpu_count() or 1, threads)


def _ran_and_waited() -> tuple[int, int]:
    """Nanoseconds that the threads of this process have been on a core, and have waited for one (Linux alone)."""
    told = list(_told())
    return sum(ran for ran, _ in told), sum(waited for _, waited in told)


def _told() -> Iterator[tuple[int, int]]:
    with suppress(OSError):
        for thread in _THREADS.iterdir():
            with suppress(OSError, ValueError, IndexError):  # a thread may end meanwhile
                ran, waited = (thread / "schedstat").read_text().split()[:2]
                yield int(ran), int(waited)
