"""Which settings of a run may change in its course."""

from __future__ import annotations

from eostui.config.training import HYPERPARAMETERS

CHANGEABLE = (
    *("lr", "lr_schedule", "optimizer", *HYPERPARAMETERS, "batch_size", "seed"),
    *("track", "flow", "eig_every", "eig_tol", "measure_share"),
    *("steps", "until_loss", "until_accuracy", "checkpoint_every", "keep_checkpoints", "on_end"),
)
"""The settings that may be others in a run that branches off from another one."""
