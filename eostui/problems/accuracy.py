"""The fraction of right answers, for outputs that stand for classes."""

from __future__ import annotations

from torch import Tensor

from eostui.problems.criteria import classes_last
from eostui.problems.dataset import IGNORED


def class_accuracy(outputs: Tensor, targets: Tensor) -> Tensor:
    """Fraction of class numbers that are the place of the largest output, 0-d.

    outputs: (n, k) with targets (n,), or (n, T, k) with (n, T) for sequences; also (n, k, …) with (n, …), where the
    shapes can mean nothing else (see `criteria`). Of a sequence it is the fraction of its positions, those of the class
    IGNORED left out, and then the mean over examples. Raises ValueError for other shapes.
    """
    scores = classes_last(outputs.detach(), targets)
    if scores is None:
        raise ValueError(f"outputs {tuple(outputs.shape)} are not for class numbers {tuple(targets.shape)}")
    right = scores.argmax(dim=-1) == targets
    if targets.ndim > 1:
        counted = (targets != IGNORED).flatten(1).sum(dim=1)
        return (right.flatten(1).sum(dim=1) / counted.clamp(min=1)).to(outputs.dtype).mean()
    return right.to(outputs.dtype).mean()


def sign_accuracy(outputs: Tensor, targets: Tensor) -> Tensor:
    """Fraction of outputs that lie on the right side of 0, 0-d; 0 itself counts as negative.

    outputs: (n, 1) or (n,); targets: signs ±1, (n, 1) or (n,), or class numbers 0 and 1, (n,), which mean −1 and +1.
    """
    return ((outputs.detach() > 0).flatten() == (targets > 0).flatten()).to(outputs.dtype).mean()
