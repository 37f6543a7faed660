"""A time in words, as the trainer and its viewers say it."""

from __future__ import annotations


def duration(seconds: float, *, fine: bool = False) -> str:
    """A time in its own unit, to two digits or whole: 40 s, 6 min, 1.8 h, 12 days; `fine`, 0.034 s and 5.2 s, too."""
    if fine and seconds < 10:
        return f"{seconds:.2g} s"
    if seconds < 5400:
        return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
    amount, unit = (seconds / 3600, "h") if seconds < 172_800 else (seconds / 86_400, "days")
    return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:.0f} {unit}"
