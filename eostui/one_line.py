"""What went wrong, in one line."""

from __future__ import annotations


def in_one_line(error: BaseException) -> str:
    """The kind of an error and the first line of what it says, such as "RuntimeError: no such device"."""
    return f"{type(error).__name__}: {error}".splitlines()[0]
