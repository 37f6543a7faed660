"""What an instrument can tell while it measures."""

from __future__ import annotations

from typing import Protocol

from eostui.store.events import Happening


class Say(Protocol):
    """Whoever listens to an instrument."""

    def event(self, happening: Happening) -> None:
        """Write into the run's record that this has happened."""

    def progress(self, text: str, fraction: float | None = None) -> None:
        """Say what is being done, and how far it is, from 0 to 1.

        Raises where the measurement is to be abandoned.
        """
