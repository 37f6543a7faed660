"""Which checkpoints a run has, by their names. This module imports no torch."""

from __future__ import annotations

from pathlib import Path

KEPT = "kept"
"""The file beside the checkpoints with the names of those that are never deleted, one a line."""


def checkpoints_in(directory: Path) -> list[Path]:
    """The checkpoints in a directory, the oldest first; none where there is no such directory."""
    return sorted((path for path in directory.glob("step-*.pt") if step_of(path) >= 0), key=step_of)


def step_of(path: Path) -> int:
    """The step of a checkpoint, by its name; -1 for another file."""
    number = path.stem.removeprefix("step-")
    return int(number) if number.isdecimal() else -1


def keep_for_good(path: Path) -> None:
    """Have a checkpoint kept, whatever others are written: something was branched off from it. Raises OSError."""
    if path.name not in kept_in(path.parent):
        with (path.parent / KEPT).open("a") as kept:
            kept.write(f"{path.name}\n")


def kept_in(directory: Path) -> set[str]:
    """The names of the checkpoints that are kept for good."""
    try:
        return set((directory / KEPT).read_text(errors="replace").split())
    except FileNotFoundError:
        return set()
