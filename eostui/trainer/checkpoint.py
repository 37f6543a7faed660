"""Checkpoints: the state of a run at one step, for loading elsewhere and for going on from there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from eostui.trainer.checkpoint_names import checkpoints_in, kept_in, step_of

VERSION = 1
"""The version of the state in a checkpoint."""


def write_checkpoint(directory: Path, state: Mapping[str, Any], *, keep: int) -> Path:
    """Write `step-00001000.pt`, which holds θ_1000, the weights before update 1000, and return its path.

    The `state` is a dict that `torch.load(path, weights_only=True)` reads; `Trainer.state_dict` says what is in it. The
    file is on disk before it has its name: no reader ever meets half of one, even after the machine has lost power.
    What a writer that was killed has left is removed.

    Older checkpoints are deleted afterwards, except for the newest `keep` and those that the file `kept` names. Raises
    OSError where it cannot be written.
    """
    path = directory / f"step-{state['step']:08d}.pt"
    temporary = path.with_suffix(".partial")
    try:
        directory.mkdir(exist_ok=True)
        for leftover in directory.glob("*.partial"):
            leftover.unlink(missing_ok=True)
        torch.save(dict(state), temporary)
        _sync(temporary)
        temporary.replace(path)
    except (OSError, RuntimeError) as error:  # a RuntimeError is how torch's own writer reports a full disk
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise OSError(f"cannot write {path}: {error}") from error
    with contextlib.suppress(OSError):  # not every file system can
        _sync(directory)
    _delete_older(directory, path, keep)
    return path


def forget_newer(directory: Path, step: int) -> None:
    """Delete the checkpoints of later steps: the run goes on from this one, and may never come to those weights."""
    with contextlib.suppress(OSError):
        for path in checkpoints_in(directory):
            if step_of(path) > step:
                path.unlink(missing_ok=True)


def keep_newest(directory: Path) -> list[Path]:
    """Delete all checkpoints but the newest one and those that the file `kept` names. Returns those deleted."""
    before = checkpoints_in(directory)
    if before:
        _delete_older(directory, before[-1], keep=1)
    return [path for path in before if not path.exists()]


def _delete_older(directory: Path, newest: Path, keep: int) -> None:
    with contextlib.suppress(OSError):
        older = [path for path in checkpoints_in(directory) if path != newest]
        kept = kept_in(directory)
        for path in older[: max(0, len(older) - keep + 1)]:
            if path.name not in kept:
                path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
