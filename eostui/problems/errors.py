"""Mistakes that the user can correct. Each has a message of one line."""

from __future__ import annotations

import difflib
import inspect
import traceback
from collections.abc import Iterable
from pathlib import Path


class ProblemError(Exception):
    """What was asked for cannot be trained. The message says in one line what is wrong and what would be right."""

    def __init__(self, message: str) -> None:
        # Messages quote foreign text, such as an exception of the user's code. That text may have many lines.
        super().__init__(" ".join(message.split()))


class DataError(ProblemError):
    """A data set is missing, damaged or out of reach."""


class ByPathError(ProblemError):
    """A `module:function` or `file.py:function` does not lead to a function."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` (did you mean a or b?)` with up to three of the `known` names nearest to `name`, or nothing."""
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f" (did you mean {' or '.join(near)}?)" if near else ""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> ProblemError:
    """The error for a `name` that is neither in the catalogue nor a path."""
    names = list(known)
    return ProblemError(
        f"unknown {kind} {name!r}{did_you_mean(name, names)}: "
        f"it must be one of {', '.join(names)}, or your own as file.py:function or module:function"
    )


def source_file(owner: object) -> str | None:
    """The file that defines a function, class or module; None where it is not written in Python."""
    try:
        return inspect.getsourcefile(owner)  # type: ignore[arg-type]
    except TypeError:
        return None


def where_and_what(error: BaseException, file: str | None) -> str:
    """`file.py:12: ValueError: message` for an exception that came out of foreign code.

    With `file`, the line is the innermost one in that file: users want to see their own line, not the line of torch
    that it led to. An exception that did not pass through that file is given without a line. Without `file`, the line
    is the innermost of all.
    """
    if isinstance(error, SyntaxError) and error.filename is not None:
        return f"{error.filename}:{error.lineno}: {type(error).__name__}: {error.msg}"
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    places = [frame for frame in frames if file is None or Path(frame.filename) == Path(file)]
    return f"{places[-1].filename}:{places[-1].lineno}: {what}" if places else what
