"""How a trainer died that could say nothing any more: by what, and with what last words in its log."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sysconfig
from itertools import dropwhile
from pathlib import Path

from eostui.link.doing import last_activity
from eostui.link.log import LOG_NAME
from eostui.link.withdraw import has_begun, withdraw_but_keep_log
from eostui.store import clean_text

UNTIL_DEAD = 2.0
"""Seconds given to a process that has hung up, to be dead."""
LONGEST_WORDS = 200
_LAST_BYTES = 1 << 20
"""How much of the end of a log is looked at."""

_FATAL = re.compile(r"^(?:Fatal Python error|Windows fatal exception): (?P<what>.*)$")
_FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+) in (?P<function>.*)$')
_LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})


def demise(directory: Path, process: subprocess.Popen[str] | None) -> str:
    """In one line what became of a trainer that has hung up without a word, and where its log is.

    A run that had not begun is taken away with it. `process` is None where somebody else started it: then nobody knows
    whether it is dead, and nothing is taken away.
    """
    status = None
    if process is not None:
        try:
            status = process.wait(UNTIL_DEAD)
        except subprocess.TimeoutExpired:
            return f"the trainer has hung up, but its process {process.pid} is still there; its log: {_log(directory)}"
    words, activity = last_words(directory / LOG_NAME), last_activity(directory)
    begun = has_begun(directory)
    log = directory / LOG_NAME if status is None else withdraw_but_keep_log(directory)
    how = "is gone without a word" if status is None else ended(status)
    when = f", {activity}" if activity else ""
    said = [f"the trainer {how}{when}{f': {words}' if words else ''}"]
    if status is not None and not begun:
        said.append("its run had not begun, and nothing is left of it")
    if log is not None:
        said.append(f"its log: {clean_text(log)}")
    return "; ".join(said)


def ended(status: int) -> str:
    """How a process ended, by its status as `subprocess` has it: a signal's number is negative."""
    if status >= 0:
        return f"ended with exit status {status}"
    try:
        name = f" ({signal.Signals(-status).name})"
    except ValueError:
        name = ""
    memory = ", as the system does where memory runs out" if -status == signal.SIGKILL else ""
    return f"ended by signal {-status}{name}{memory}"


def last_words(log: Path) -> str:
    """The line of a log that says most of its end, cleaned; empty where there is none.

    After a crash in native code that is what crashed and in which line of Python; after a traceback its last line.
    """
    try:
        with log.open("rb") as file:
            file.seek(-min(_LAST_BYTES, log.stat().st_size), os.SEEK_END)
            text = file.read(_LAST_BYTES).decode(errors="replace")
    except OSError:
        return ""
    lines = [line for line in text.splitlines() if line.strip()]
    crashes = [number for number, line in enumerate(lines) if _FATAL.match(line)]
    if crashes:
        return clean_text(_crash(lines[: crashes[-1]], lines[crashes[-1] :]), LONGEST_WORDS)
    # indented lines are the source in a traceback or a warning
    plain = [line for line in lines if not line[0].isspace()] or lines
    return clean_text(plain[-1], LONGEST_WORDS) if plain else ""


def _crash(before: list[str], lines: list[str]) -> str:
    """What Python's own report of a crash says: the report begins with the first of `lines`."""
    found = _FATAL.match(lines[0])
    what = found["what"] if found else lines[0]
    if what == "Aborted" and before:
        what = before[-1].strip()  # who calls abort() says why
    frames = []
    for line in dropwhile(lambda line: not line.startswith("Current thread"), lines):
        if frame := _FRAME.match(line):
            frames.append(frame)
        elif frames:
            break
    # the innermost line of the user's own code, rather than the library that it called
    own = (frame for frame in frames if not frame["file"].startswith(_LIBRARIES))
    frame = next(own, frames[0] if frames else None)
    return f"{what}, in {frame['function']} ({frame['file']}:{frame['line']})" if frame else what


def _log(directory: Path) -> str:
    return clean_text(directory / LOG_NAME)
