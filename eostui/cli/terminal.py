"""Whether there is a terminal that the dashboard fits into."""

from __future__ import annotations

import os
import shutil
import sys

import typer

SMALLEST_COLUMNS, SMALLEST_ROWS = 60, 16


def require_terminal(instead: str) -> None:
    """Raise a usage error where the dashboard cannot be drawn; `instead` is what would work."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        raise typer.BadParameter(f"the dashboard needs a terminal and there is none here; {instead}")
    size = shutil.get_terminal_size()
    if size.columns < SMALLEST_COLUMNS or size.lines < SMALLEST_ROWS:
        raise typer.BadParameter(
            f"this terminal has {size.columns}×{size.lines} characters and the dashboard needs "
            f"{SMALLEST_COLUMNS}×{SMALLEST_ROWS}: make it larger, or {instead}"
        )
