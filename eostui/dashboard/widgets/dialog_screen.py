"""A dialog that leaves what is around it as it is."""

from __future__ import annotations

from textual.screen import ModalScreen, ScreenResultType


class DialogScreen(ModalScreen[ScreenResultType]):
    """Asks or tells something in the middle of the screen below, which it does not dim.

    Dimming would change every cell: over a slow connection it takes a second to open a dialog, and another to close it.
    """

    DEFAULT_CSS = """
    DialogScreen {
        background: transparent;
    }
    """
