"""Loss, accuracy and gradient norm, as columns of a row."""

from __future__ import annotations

import torch

from eostui.curvature.inner_products import norm, wide
from eostui.objective.objective import Evaluation, Gradient


def scores(evaluation: Evaluation, *, classes: bool) -> dict[str, float]:
    """The columns `loss`, `accuracy` (where there are `classes`) and, with a gradient, `grad_norm`, as numbers."""
    values = {"loss": evaluation.loss}
    if classes:
        values["accuracy"] = evaluation.accuracy
    if isinstance(evaluation, Gradient):
        values["grad_norm"] = norm(evaluation.gradient)
    # All of them are transferred at once, because every transfer waits for the device.
    numbers = torch.stack([value.to(wide(value.device)) for value in values.values()]).tolist()
    return dict(zip(values, numbers, strict=True))
