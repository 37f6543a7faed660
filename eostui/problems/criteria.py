"""The losses themselves, each the mean over examples of a function of one example's outputs."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def mse(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean over the n examples of ½‖f(x) − y‖², summed over the outputs: the convention of Cohen et al. 2021.

    outputs: (n, k); targets: (n, k) numbers, or (n,) class numbers, which become one-hot rows of 0 and 1.
    Raises ValueError where the shapes do not agree: broadcasting (n, 1) against (n,) would give a wrong loss
    in silence.
    """
    if not targets.is_floating_point():
        if targets.shape != outputs.shape[:-1]:
            raise ValueError(f"class numbers for these outputs have shape {tuple(outputs.shape[:-1])}")
        # A comparison, unlike `one_hot`, does not wait for the GPU to check its input.
        targets = targets.unsqueeze(-1) == torch.arange(outputs.shape[-1], device=outputs.device)
    elif targets.shape != outputs.shape:
        raise ValueError("outputs and targets must have the same shape")
    return 0.5 * (outputs - targets.to(outputs.dtype)).square().flatten(1).sum(dim=1).mean()


def ce(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean over the n examples of −log softmax(f(x))_y, in nats.

    outputs: (n, k) logits; targets: (n,) class numbers, int64. Raises ValueError for other targets.
    """
    if targets.is_floating_point():
        raise ValueError("cross-entropy needs integer class numbers as targets, these are real numbers")
    return F.cross_entropy(outputs, targets)
