"""Signals that come while a trainer is started and the dashboard is not there yet."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from eostui.dashboard.house_app import HEEDED


@contextmanager
def kept_signals() -> Iterator[list[int]]:
    """Keep those that an app acts on, until it can: it takes their numbers out of the list that this gives.

    By themselves they would end this process, and leave a training that nobody has seen. Signals that nobody has taken
    by the end come then. They are caught rather than blocked: a library's thread that blocks nothing would have the
    process ended all the same.
    """
    kept: list[int] = []
    caught = [number for number in HEEDED if signal.getsignal(number) is not signal.SIG_IGN]  # as `nohup` has SIGHUP
    before = {number: signal.signal(number, lambda came, _frame: kept.append(came)) for number in caught}
    try:
        yield kept
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        while kept:
            signal.raise_signal(kept.pop(0))
