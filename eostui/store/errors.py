"""What can go wrong with a run on disk. Every message is one line: the thing, what is wrong, the remedy."""

from __future__ import annotations


class StoreError(Exception):
    """A run cannot be written, read, found or exported."""


class RunFileError(StoreError):
    """A file is not a run that this version can read."""


class RunNotFound(StoreError):
    """No run goes by that name."""


class RunExists(StoreError):
    """A run of that name is there already, and runs are never overwritten."""
