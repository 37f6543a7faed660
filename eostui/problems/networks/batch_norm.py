"""Batch norm that leaves the loss a function of the weights alone."""

from __future__ import annotations

from torch import nn


def batch_norm(channels: int) -> nn.BatchNorm2d:
    """Batch norm with the statistics of the batch at hand, in training and in testing.

    Running averages would make the loss depend on the path taken as well as on the weights: the same weights
    would give another loss a step later, and there would be no Hessian to speak of. Without them the training
    loss is a function of the weights and of how the examples are split: every physical batch is normalised by
    itself ("ghost batch norm", Hoffer et al. 2017; so also Cohen et al. 2021), so the physical batch size is
    part of what is trained.
    """
    return nn.BatchNorm2d(channels, track_running_stats=False)
