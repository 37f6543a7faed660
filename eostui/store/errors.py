"""What can go wrong with a run on disk. Every message is one line: the thing, what is wrong, the remedy."""

from __future__ import annotations

from pathlib import Path

from eostui.store.text import clean_text


class StoreError(Exception):
    """A run cannot be written, read, found or exported."""


class RunFileError(StoreError):
    """A file is not a run that this version can read."""


class RunNotFound(StoreError):
    """No run goes by that name."""


class RunExists(StoreError):
    """A run of that name is there already, and runs are never overwritten."""


def refuse(path: Path, what_it_is: str) -> RunFileError:
    """The error that says what a file is instead of a run."""
    return RunFileError(f"{clean_text(path)}: {what_it_is}")
