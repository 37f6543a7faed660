"""Checkpoints: the weights and the optimizer of a run at one step, for loading elsewhere and for resuming."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from eostui.trainer.moment import Moment


def write_checkpoint(directory: Path, moment: Moment) -> Path:
    """Write `step-00001000.pt` under a temporary name and rename it, so that no reader ever meets half of one.

    The file is a dict with `model` (the module's state_dict), `optimizer`, `step` and `rng` (torch's generator
    state), all of it loadable with `torch.load(path, weights_only=True)`. Returns its path; raises OSError where it
    cannot be written.
    """
    directory.mkdir(exist_ok=True)
    path = directory / f"step-{moment.step:08d}.pt"
    temporary = path.with_suffix(".partial")
    content: dict[str, Any] = {
        "model": moment.objective.state_dict(moment.theta),
        "optimizer": moment.optimizer.state_dict(),
        "step": moment.step,
        "rng": torch.get_rng_state(),
    }
    try:
        torch.save(content, temporary)
        temporary.replace(path)
    except RuntimeError as error:  # torch's own writer reports a full disk so
        temporary.unlink(missing_ok=True)
        raise OSError(f"cannot write {path}: {error}") from error
    return path
