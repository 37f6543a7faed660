"""The fraction of right answers, for outputs that stand for classes."""

from __future__ import annotations

from torch import Tensor

from eostui.problems.dataset import IGNORED


def class_accuracy(outputs: Tensor, targets: Tensor) -> Tensor:
    """Fraction of class numbers that are the place of the largest output, 0-d.

    outputs: (n, k) with targets (n,), or (n, T, k) with (n, T) for sequences. Of a sequence it is the fraction of its
    positions, those of the class IGNORED left out, and then the mean over examples.
    """
    right = outputs.detach().argmax(dim=-1) == targets
    if targets.ndim > 1:
        counted = (targets != IGNORED).flatten(1).sum(dim=1)
        return (right.flatten(1).sum(dim=1) / counted.clamp(min=1)).to(outputs.dtype).mean()
    return right.to(outputs.dtype).mean()


def sign_accuracy(outputs: Tensor, targets: Tensor) -> Tensor:
    """Fraction of outputs that lie on the right side of 0, 0-d; 0 itself counts as negative.

    outputs: (n, 1); targets: signs ±1, (n, 1), or class numbers 0 and 1, (n,), which mean −1 and +1.
    """
    positive = (targets if targets.is_floating_point() else targets.unsqueeze(-1)) > 0
    return ((outputs.detach() > 0) == positive).to(outputs.dtype).mean()
