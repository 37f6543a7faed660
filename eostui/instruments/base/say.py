"""What an instrument can report while it measures."""

from __future__ import annotations

from typing import Protocol

from eostui.store.events import Happening


class Say(Protocol):
    """The listener to an instrument."""

    def event(self, happening: Happening) -> None:
        """Write an event into the run's record."""

    def progress(self, text: str, fraction: float | None = None) -> None:
        """Report what is being done, and how far it is, from 0 to 1.

        Raises an exception where the measurement is to be abandoned.
        """
