"""What went wrong, in one line."""

from __future__ import annotations


def in_one_line(error: BaseException) -> str:
    """The kind of an error and the first line of what it says, such as "RuntimeError: no such device".

    An error that says nothing is its kind alone. SystemExit is what a user's code raises when it calls `exit`.
    """
    if isinstance(error, SystemExit):
        return f"the code of the run has called exit({error.code!r})"
    said = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
