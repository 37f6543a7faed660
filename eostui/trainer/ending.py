"""How a trainer process ends: without waiting for anything that the user's code has left running."""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn

LAST_WISHES = 2.0
"""Seconds that the exit handlers of the user's code may take."""
STOPPING = (signal.SIGTERM, signal.SIGINT)
HEEDED = (*STOPPING, signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP)
"""The signals that a trainer does something about, and none of which kills it without a word."""
_HELD = (*HEEDED, signal.SIGQUIT)


@contextlib.contextmanager
def held_signals() -> Iterator[None]:
    """Have signals wait, here and in a trainer that is started inside: it lets them in once it can heed them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end(code: int) -> NoReturn:
    """End this process with an exit code, after its exit handlers (`LAST_WISHES` at most) and a flush of its output.

    Python itself would wait for every thread that is not a daemon, without a limit. A logger or monitor of the user's
    code would keep the process and its memory long after the run.
    """
    timer = threading.Timer(LAST_WISHES, _end_now, [code])
    timer.daemon = True
    timer.start()
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
    _end_now(code)


def _end_now(code: int) -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(code)


def heed_signals(first: Callable[[int], None], second: Callable[[int], None]) -> None:
    """Call `first` with the number of a signal that comes: in the main thread, between two of its instructions.

    Signals that ask this process to end are given to it once. When another one comes, `second` is called with its
    number. It is called in a thread of its own, because the main thread may be in code that never returns. Then the
    process ends with the exit code of that signal. SIGQUIT has the stacks of all threads written to standard error.
    Signals that were held while this process was started are let in.
    """

    heeded = False

    def heed(number: int, _frame: FrameType | None) -> None:
        nonlocal heeded
        if number not in STOPPING or not heeded:
            heeded = heeded or number in STOPPING
            first(number)

    receiver, sender = os.pipe()
    os.set_blocking(sender, False)
    signal.set_wakeup_fd(sender, warn_on_full_buffer=False)
    for number in HEEDED:
        signal.signal(number, heed)
        if number not in STOPPING:
            signal.siginterrupt(number, False)  # a library's read or write goes on, too
    faulthandler.register(signal.SIGQUIT)

    def count() -> None:
        came = 0
        while came < 2:
            numbers = [number for number in os.read(receiver, 64) if number in STOPPING]
            came += len(numbers)
        try:
            second(numbers[-1])
        finally:
            _end_now(128 + numbers[-1])

    threading.Thread(target=count, name="eostui-signals", daemon=True).start()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD)
