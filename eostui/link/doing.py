"""What a trainer does at a moment, in the words of its heartbeat."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from eostui.link.heartbeat import read_heartbeat
from eostui.store import clean_text

_SAID = re.compile(r"(?:(?P<step>[0-9]{1,16}) )?(?P<what>.+)")


class Doing:
    """Says what a trainer does, whenever that changes: `say` takes it in words."""

    def __init__(self, say: Callable[[str], None] = lambda _: None) -> None:
        self._say = say
        self._said = ""

    def __call__(self, what: str, step: int | None = None) -> None:
        """What it does, before or in update `step`; None before there are steps. A colon in it is left out."""
        text = what.replace(":", "") if step is None else f"{step} {what.replace(':', '')}"
        if text != self._said:
            self._said = text
            self._say(text)


def last_activity(run_directory: Path) -> str:
    """What a run's trainer does, or did when it was killed: "at step 12 while measuring lowest"; empty where nobody
    knows."""
    found = read_heartbeat(run_directory)
    said = None if found is None else _SAID.fullmatch(clean_text(found[0].doing))
    if said is None:
        return ""
    return f"at step {int(said['step']):,} while {said['what']}" if said["step"] else f"while {said['what']}"
