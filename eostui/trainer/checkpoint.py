"""Checkpoints: the weights and the optimizer of a run at one step, for loading elsewhere and for resuming."""

from __future__ import annotations

from pathlib import Path

import torch

from eostui.dynamics.descent import Descent


def write_checkpoint(directory: Path, descent: Descent) -> Path:
    """Write `step-00001000.pt`, which holds θ_1000, the weights before update 1000.

    It is written under a temporary name and renamed: no reader ever meets half of one. The file is a dict with `model`
    (the module's state_dict), `optimizer`, `step` and `rng` (torch's generator state), all of it loadable with
    `torch.load(path, weights_only=True)`. Returns its path; raises OSError where it cannot be written.
    """
    directory.mkdir(exist_ok=True)
    path = directory / f"step-{descent.step:08d}.pt"
    temporary = path.with_suffix(".partial")
    try:
        torch.save(descent.state_dict(), temporary)
        temporary.replace(path)
    except RuntimeError as error:  # that is how torch's own writer reports a full disk
        temporary.unlink(missing_ok=True)
        raise OSError(f"cannot write {path}: {error}") from error
    return path
