"""The losses themselves, each the mean over examples of a function of one example's outputs.

Where outputs stand for classes, the classes are their last axis, (n, …, k) for class numbers (n, …). Torch's own
layout, (n, k, …) as convolutions give it for images and sequences, is taken where the shapes can mean nothing else;
where both fit, as (n, 8, 8) with (n, 8), the last axis is meant.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from eostui.problems.dataset import IGNORED


def mse(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean over the n examples of ½‖f(x) − y‖², summed over all outputs: the convention of Cohen et al. 2021.

    outputs: (n,), (n, k), or more axes; targets: numbers of the same shape, or class numbers, (n,) for outputs (n, k),
    (n, T) for (n, T, k) or (n, k, T), and so on (see above), which become one-hot rows of 0 and 1; positions of the
    class IGNORED are left out. Raises ValueError where the shapes do not agree: broadcasting (n, 1) against (n,) would
    give a wrong loss in silence.
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
    """Mean over the n examples of −log softmax(f(x))_y, in nats; of a sequence or image, its mean over the positions.

    outputs: logits, (n, k), (n, T, k) or (n, k, T), and so on (see above); targets: class numbers, int64, (n,) or
    (n, T). Positions of the class IGNORED are left out of the mean over their own sequence; so the loss of an example
    is the same in any company. Raises ValueError for other targets.
    """
    if targets.is_floating_point():
        raise ValueError("cross-entropy needs integer class numbers as targets, these are real numbers")
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
                ": say y.squeeze(1) in the data, or y.float() for signs ±1"
            )
        targets = 2 * targets - 1
        targets = targets.unsqueeze(-1) if outputs.ndim == 2 else targets
    outputs = _alike(outputs, targets)
    # Of torch's forms of this function, the one whose first and second derivatives keep their relative precision as
    # examples are fitted, y f(x) → ∞: there the sharpness fades. Beyond the threshold it is linear; the default of 20
    # would be off by 1e-10 in float64.
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
        remedy = ": say y.squeeze(1) in the data"
    elif targets.shape == outputs.shape:
        axis = -1 if outputs.ndim == 2 else 1
        remedy = f": say y.argmax({axis}) in the data for one-hot rows, or y.float() with mse for numbers"
    raise ValueError(f"class numbers for outputs {_shape(outputs)} have {wanted}, not {_shape(targets)}{remedy}")


def _alike(outputs: Tensor, targets: Tensor) -> Tensor:
    """The outputs, where they have the shape of the targets."""
    if outputs.shape == targets.shape:
        return outputs
    if outputs.ndim == 0 and targets.shape == (1,):  # what `squeeze` makes of a batch of one example
        return outputs.unsqueeze(0)
    remedy = ""
    if outputs.shape == (*targets.shape, 1):
        remedy = ": say y.unsqueeze(-1) in the data, or squeeze(-1) in the model"
    elif targets.shape == (*outputs.shape, 1):
        remedy = ": say y.squeeze(-1) in the data, or unsqueeze(-1) in the model"
    raise ValueError(f"outputs {_shape(outputs)} and targets {_shape(targets)} must have the same shape{remedy}")


def _shape(tensor: Tensor) -> str:
    return str(tuple(tensor.shape))
