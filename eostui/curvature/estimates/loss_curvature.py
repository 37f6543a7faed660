"""The curvature of the loss by the outputs of the network."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from eostui.curvature.estimates.trace import random_signs
from eostui.curvature.operators.gauss_newton import GaussNewtonOperator
from eostui.objective.objective import Batch, Objective

EXACT_OUTPUTS = 64
"""With at most this many outputs of an example the trace is exact, for one product an output."""

PROBES = 4
"""With more outputs the trace is estimated from this many random vectors."""


def loss_curvature(
    objective: Objective,
    theta: Tensor,
    *,
    exact_outputs: int = EXACT_OUTPUTS,
    generator: torch.Generator | None = None,
) -> Tensor:
    """(1/n) Σᵢ tr ∇²_z ℓᵢ at the outputs z = f(xᵢ; θ), 0-d: what the loss puts into the Gauss–Newton matrix.

    For the squared error it is the number of outputs. For the cross-entropy it is the mean of 1 − Σ p², which fades as
    the examples are fitted. An example's outputs are all that it has, a sequence's those of all positions.

    Of examples with at most `exact_outputs` outputs it is exact; of others the mean over PROBES vectors of random signs
    (Hutchinson 1990), whose error the mean over examples and positions makes small. ℓᵢ must be a function of the
    outputs of its own example.

    Raises TypeError where GaussNewtonOperator does.
    """
    operator = GaussNewtonOperator(objective, theta)

    def trace(batch: Batch) -> tuple[Tensor]:
        with objective.without_graph(), objective.drawing(batch):
            z = objective.outputs(batch)
        if not isinstance(z, Tensor):
            raise TypeError(f"the loss's curvature needs a model that returns one tensor, not a {type(z).__name__}")
        with torch.enable_grad():
            curvature = operator.loss_curvature(z.detach(), batch)
        # One product serves all examples, each with a vector of its own: they do not interact, and the batch's loss is
        # their mean, so this is the mean already.
        forms = [(w * curvature(w)).sum() for w in _directions(z, exact_outputs, generator)]
        return (torch.stack(forms).sum(),)

    return objective.mean(theta, trace)[0]


def _directions(z: Tensor, exact_outputs: int, generator: torch.Generator | None) -> Iterator[Tensor]:
    """Vectors w for every example, in the shape of z, whose Σ wᵀAw is tr A for a matrix A of its outputs."""
    outputs = z[0].numel()
    if outputs <= exact_outputs:
        for unit in torch.eye(outputs, dtype=z.dtype, device=z.device):
            yield unit.view(z.shape[1:]).expand_as(z)
    else:
        for _ in range(PROBES):
            signs = random_signs(z.shape, dtype=z.dtype, device=z.device, generator=generator)
            yield signs / PROBES**0.5
