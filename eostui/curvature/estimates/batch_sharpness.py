"""The curvature that minibatches see along their own gradients."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from eostui.curvature.estimates.directional import directional_curvature
from eostui.curvature.operators.hessian import HessianOperator
from eostui.objective.objective import Objective


@dataclass(frozen=True)
class MeanBatchSharpness:
    """A mean over random batches, and its standard error: NaN for a single batch."""

    mean: float
    standard_error: float


def mean_batch_sharpness(
    objective: Objective,
    theta: Tensor,
    batch_size: int,
    *,
    batches: int,
    hessian_of: Callable[[Objective, Tensor], HessianOperator] = HessianOperator,
    generator: torch.Generator | None = None,
    on_batch: Callable[[int], None] | None = None,
) -> MeanBatchSharpness:
    """E_B[g_BᵀH_B g_B/‖g_B‖²], g_B and H_B the gradient and the Hessian of the loss on a random batch B (Andreyev &
    Beneventano 2024, who found it to hover at 2/η in training with minibatches).

    The mean is over `batches` of them, each of `batch_size` different examples, or of all where there are fewer. A
    batch goes through the network in the physical batches of `objective`; `hessian_of` makes its Hessian.
    `generator`, on the CPU, draws the batches. `on_batch` is called with the number of those done and may raise to
    abandon. NaN where a batch's gradient is zero.

    Raises ValueError for a batch_size or batches below 1.
    """
    if batch_size < 1 or batches < 1:
        raise ValueError(f"batch_size and batches must be at least 1, not {batch_size} and {batches}")
    curvatures = []
    for done in range(batches):
        if on_batch is not None:
            on_batch(done)
        indices = torch.randperm(objective.examples, generator=generator)[:batch_size]
        with hessian_of(objective.select(indices), theta) as hessian:
            curvatures.append(directional_curvature(hessian))
    found = np.array(torch.stack(curvatures).tolist())
    error = float(found.std(ddof=1)) / math.sqrt(batches) if batches > 1 else math.nan
    return MeanBatchSharpness(float(found.mean()), error)
