"""The losses themselves, each the mean over examples of a function of one example's outputs."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from eostui.problems.dataset import IGNORED


def mse(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean over the n examples of ½‖f(x) − y‖², summed over all outputs: the convention of Cohen et al. 2021.

    outputs: (n, k), or (n, T, k) for sequences; targets: numbers of the same shape, or class numbers, (n,) or (n, T),
    which become one-hot rows of 0 and 1; positions of the class IGNORED are left out. Raises ValueError where the
    shapes do not agree: broadcasting (n, 1) against (n,) would give a wrong loss in silence.
    """
    if not targets.is_floating_point():
        _check_class_numbers(outputs, targets)
        # A comparison, unlike `one_hot`, does not wait for the GPU to check its input.
        one_hot = targets.unsqueeze(-1) == torch.arange(outputs.shape[-1], device=outputs.device)
        residuals = outputs - one_hot.to(outputs.dtype)
        if targets.ndim > 1:
            residuals = residuals * (targets != IGNORED).unsqueeze(-1)
    elif targets.shape != outputs.shape:
        raise ValueError("outputs and targets must have the same shape")
    else:
        residuals = outputs - targets.to(outputs.dtype)
    return 0.5 * residuals.square().flatten(1).sum(dim=1).mean()


def ce(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean over the n examples of −log softmax(f(x))_y, in nats; of a sequence, its mean over the positions.

    outputs: logits, (n, k) or (n, T, k); targets: class numbers, int64, (n,) or (n, T). Positions of the class IGNORED
    are left out of the mean over their own sequence; so the loss of an example is the same in any company. Raises
    ValueError for other targets.
    """
    if targets.is_floating_point():
        raise ValueError("cross-entropy needs integer class numbers as targets, these are real numbers")
    _check_class_numbers(outputs, targets)
    if targets.ndim == 1:
        return F.cross_entropy(outputs, targets)
    losses = F.cross_entropy(outputs.flatten(0, -2), targets.flatten(), reduction="none", ignore_index=IGNORED)
    counted = (targets != IGNORED).flatten(1).sum(dim=1)
    return (losses.view(len(targets), -1).sum(dim=1) / counted.clamp(min=1)).mean()


def logistic(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean over the n examples of log(1 + exp(−y f(x))), in nats.

    outputs: (n, 1); targets: signs y = ±1, (n, 1), or class numbers 0 and 1, (n,), which mean −1 and +1. Raises
    ValueError for other shapes.
    """
    if outputs.ndim != 2 or outputs.shape[1] != 1:
        raise ValueError("the logistic loss needs one output for each example, (n, 1)")
    if not targets.is_floating_point():
        _check_class_numbers(outputs, targets)
        targets = (2 * targets - 1).unsqueeze(-1)
    elif targets.shape != outputs.shape:
        raise ValueError("outputs and signs must have the same shape")
    # Of torch's forms of this function, the one whose first and second derivatives keep their relative precision as
    # examples are fitted, y f(x) → ∞: there the sharpness fades. Beyond the threshold it is linear; the default of 20
    # would be off by 1e-10 in float64.
    return F.softplus(-targets * outputs, threshold=50).mean()


def _check_class_numbers(outputs: Tensor, targets: Tensor) -> None:
    if targets.shape != outputs.shape[:-1]:
        raise ValueError(f"class numbers for these outputs have shape {tuple(outputs.shape[:-1])}")
