"""Whether there is a terminal that the dashboard fits into."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

import typer

SMALLEST_COLUMNS, SMALLEST_ROWS = 60, 16


def require_terminal(instead: str) -> None:
    """Raise a usage error where the dashboard cannot be drawn; `instead` is what would work."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        raise typer.BadParameter(f"the dashboard needs a terminal and there is none here; {instead}")
    if not sys.stderr.isatty():
        raise typer.BadParameter(
            f"the dashboard is drawn on standard error, and that is no terminal here: leave out the 2>, or {instead}"
        )
    size = terminal_size()
    if size is not None and (size.columns < SMALLEST_COLUMNS or size.lines < SMALLEST_ROWS):
        raise typer.BadParameter(
            f"this terminal has {size.columns}×{size.lines} characters and the dashboard needs "
            f"{SMALLEST_COLUMNS}×{SMALLEST_ROWS}: make it larger, or {instead}"
        )


def has_room_for_the_dashboard() -> bool:
    """Whether the dashboard can be drawn here."""
    try:
        require_terminal("")
    except typer.BadParameter:
        return False
    return True


def terminal_size() -> os.terminal_size | None:
    """The size of the terminal on standard output; None where there is no terminal, or where it does not tell."""
    with suppress(OSError, ValueError):
        size = os.get_terminal_size(sys.stdout.fileno())
        if size.columns > 0 and size.lines > 0:
            return size
    return None


def forget_stale_size() -> None:
    """Drop COLUMNS and LINES where the terminal itself says how large it is.

    They may be those of another terminal or of another time, and whoever believes them is deaf to resizing.
    """
    if terminal_size() is not None:
        for name in ("COLUMNS", "LINES"):
            os.environ.pop(name, None)
