"""The losses. Each is the mean over examples of a function of one example's outputs.

Outputs that stand for classes have the classes on their last axis: (n, …, k) for class numbers (n, …). Torch's own
layout (n, k, …), which convolutions give for images and sequences, is accepted where the last axis cannot be meant.
Where both layouts fit, such as (n, 8, 8) with (n, 8), the classes are on the last axis.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from eostui.problems.dataset import IGNORED


def mse(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean over the n examples of ½‖f(x) − y‖², summed over all outputs: the convention of Cohen et al. 2021.

    outputs: (n,), (n, k), or more axes. targets: numbers of the same shape, or class numbers: (n,) for outputs (n, k),
    (n, T) for (n, T, k) or (n, k, T), and so on (see above). Class numbers become one-hot rows of 0 and 1, and
    positions of the class IGNORED are left out. Raises ValueError where the shapes do not agree: torch would broadcast
    (n, 1) against (n,) and give a wrong loss without a warning.
    """
    if not targets.is_floating_point():
        outputs = _checked_classes(outputs, targets)
        # A comparison, unlike `one_hot`, does not wait for the GPU to check its input.
        one_hot = targets.unsqueeze(-1) == torch.arange(outputs.shape[-1], device=outputs.device)
        residuals = outputs - one_hot.to(outputs.dtype)
        if targets.ndim > 1:
            residuals = residuals * (targets != IGNORED).unsqueeze(-1)
    else:
        residuals = _alike(outputs, targets) - targets.to(outputs.dtype)
    squares = residuals.square()
    return 0.5 * (squares.flatten(1).sum(dim=1) if squares.ndim > 1 else squares).mean()


def ce(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean over the n examples of −log softmax(f(x))_y, in nats. A sequence or image counts as its mean over positions.

    outputs: logits, (n, k), (n, T, k) or (n, k, T), and so on (see above). targets: class numbers, int64, (n,) or
    (n, T). The mean over a sequence leaves out positions of the class IGNORED. The loss of an example therefore does
    not depend on the other examples. Raises ValueError for other targets.
    """
    if targets.is_floating_point():
        raise ValueError("cross-entropy needs integer class numbers as targets, not real numbers")
    outputs = _checked_classes(outputs, targets)
    if targets.ndim == 1:
        return F.cross_entropy(outputs, targets)
    losses = F.cross_entropy(outputs.flatten(0, -2), targets.flatten(), reduction="none", ignore_index=IGNORED)
    counted = (targets != IGNORED).flatten(1).sum(dim=1)
    return (losses.view(len(targets), -1).sum(dim=1) / counted.clamp(min=1)).mean()


def logistic(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean over the n examples of log(1 + exp(−y f(x))), in nats.

    outputs: (n, 1) or (n,); targets: signs y = ±1 of the same shape, or class numbers 0 and 1, (n,), which mean −1 and
    +1. Raises ValueError for other shapes.
    """
    if outputs.shape[1:] not in ((), (1,)):
        raise ValueError(f"the logistic loss needs one output for each example, (n, 1), not {_shape(outputs)}")
    if not targets.is_floating_point():
        if targets.ndim != 1:
            raise ValueError(
                f"class numbers for outputs {_shape(outputs)} have shape {(len(outputs),)}, not {_shape(targets)}"
                ": write y.squeeze(1) in the data, or y.float() for signs ±1"
            )
        targets = 2 * targets - 1
        targets = targets.unsqueeze(-1) if outputs.ndim == 2 else targets
    outputs = _alike(outputs, targets)
    # As examples are fitted, y f(x) → ∞ and the sharpness fades. Of torch's forms of this function, this is the one
    # whose first and second derivatives keep their relative precision there. It is linear beyond the threshold, and
    # the default threshold of 20 would be off by 1e-10 in float64.
    return F.softplus(-targets * outputs, threshold=50).mean()


def classes_last(outputs: Tensor, targets: Tensor) -> Tensor | None:
    """The outputs as (n, …, k) for class numbers (n, …), from (n, …, k) or (n, k, …); None where they are neither."""
    if targets.shape == outputs.shape[:-1]:
        return outputs
    if outputs.ndim > 2 and targets.shape == outputs.shape[:1] + outputs.shape[2:]:
        return outputs.movedim(1, -1)
    return None


def _checked_classes(outputs: Tensor, targets: Tensor) -> Tensor:
    found = classes_last(outputs, targets)
    if found is not None:
        return found
    if outputs.ndim < 2:
        raise ValueError(f"class numbers need one output for each class, (n, classes), not {_shape(outputs)}")
    wanted = f"shape {tuple(outputs.shape[:-1])}"
    if outputs.ndim > 2:
        wanted += f", or {(outputs.shape[0], *outputs.shape[2:])} where the classes are the second axis"
    remedy = ""
    if targets.ndim > 1 and targets.shape[1] == 1 and classes_last(outputs, targets.squeeze(1)) is not None:
        remedy = ": write y.squeeze(1) in the data"
    elif targets.shape == outputs.shape:
        axis = -1 if outputs.ndim == 2 else 1
        remedy = f": write y.argmax({axis}) in the data for one-hot rows, or y.float() with mse for numbers"
    raise ValueError(f"class numbers for outputs {_shape(outputs)} have {wanted}, not {_shape(targets)}{remedy}")


def _alike(outputs: Tensor, targets: Tensor) -> Tensor:
    """The outputs, where they have the shape of the targets."""
    if outputs.shape == targets.shape:
        return outputs
    if outputs.ndim == 0 and targets.shape == (1,):  # what `squeeze` makes of a batch of one example
        return outputs.unsqueeze(0)
    remedy = ""
    if outputs.shape == (*targets.shape, 1):
        remedy = ": write y.unsqueeze(-1) in the data, or squeeze(-1) in the model"
    elif targets.shape == (*outputs.shape, 1):
        remedy = ": write y.squeeze(-1) in the data, or unsqueeze(-1) in the model"
    raise ValueError(f"outputs {_shape(outputs)} and targets {_shape(targets)} must have the same shape{remedy}")


def _shape(tensor: Tensor) -> str:
    return str(tuple(tensor.shape))
