"""Who steers a run."""

from __future__ import annotations

from enum import StrEnum


class By(StrEnum):
    """Who has asked for what an event says, in the words of the file."""

    VIEWER = "viewer"
    """Somebody at a dashboard."""
    SCRIPT = "script"
    """A command line, such as `eostui control`."""
    SCHEDULE = "schedule"
    """What the settings say in advance: `--lr-schedule`, `--checkpoint-every`."""
    SIGNAL = "signal"
    """A signal, at the trainer or at the front end that has started it."""
