"""A line that says how far a long computation is."""

from __future__ import annotations

import sys


def progress(text: str = "") -> None:
    """Put `text` where the last one was, or clear it; on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K  {text}" if text else "\r\x1b[K", end="", file=sys.stderr, flush=True)
