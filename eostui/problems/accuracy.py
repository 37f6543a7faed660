"""The fraction of right answers, where outputs stand for classes."""

from __future__ import annotations

from torch import Tensor

from eostui.problems.criteria import classes_last
from eostui.problems.dataset import IGNORED


def class_accuracy(outputs: Tensor, targets: Tensor) -> Tensor:
    """Fraction of examples whose largest output is that of their class, 0-d.

    outputs: (n, k) with targets (n,), or (n, T, k) with (n, T) for sequences; also (n, k, …) with (n, …), where the
    last axis cannot be meant (see `criteria`). A sequence counts as the fraction of its positions that are right,
    those of the class IGNORED left out. Raises ValueError for other shapes.
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
    """Fraction of outputs that have the sign of their target, 0-d; 0 itself counts as negative.

    outputs: (n, 1) or (n,); targets: signs ±1, (n, 1) or (n,), or class numbers 0 and 1, (n,), which mean −1 and +1.
    """
    return ((outputs.detach() > 0).flatten() == (targets > 0).flatten()).to(outputs.dtype).mean()
