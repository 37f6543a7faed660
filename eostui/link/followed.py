"""Which of a run's files can be trusted while it grows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from eostui.link.address import life_of
from eostui.link.heartbeat import Life
from eostui.link.plain_rows import PLAIN_ROWS
from eostui.link.plain_run import PlainRun
from eostui.store import RunFile, RunReader


def followed(path: Path, otherwise: Callable[[Path], RunReader] = RunFile.open) -> RunReader:
    """The run whose file this is, as it can be read from here while it grows. Raises RunFileError.

    Where its trainer is on another machine and writes a plain file of rows, that file is read: it does so because this
    machine may see what it writes into the run's file in another order. `otherwise` opens the run's file in any other
    case.
    """
    if life_of(path.parent) in (Life.ELSEWHERE, Life.SILENT) and path.with_name(PLAIN_ROWS).exists():
        return PlainRun.open(path)
    return otherwise(path)
