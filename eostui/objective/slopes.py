"""Derivatives by torch's autograd, with zeros where no output depends on an input."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def slopes_of(
    outputs: Sequence[Tensor],
    inputs: Sequence[Tensor],
    v: Sequence[Tensor] | None = None,
    *,
    retain_graph: bool = False,
    create_graph: bool = False,
) -> tuple[Tensor, ...]:
    """vᵀ ∂outputs/∂inputs in the inputs' shapes, as `torch.autograd.grad` gives it; v may be left out for 0-d outputs.

    A derivative is zero where no output depends on the input. These zeros require no gradient. Those of torch's
    `materialize_grads` do; up to torch 2.9 they do even where no graph was asked for.
    """
    found = torch.autograd.grad(
        outputs, inputs, v, retain_graph=retain_graph or create_graph, create_graph=create_graph, allow_unused=True
    )
    return tuple(torch.zeros_like(x) if slope is None else slope for slope, x in zip(found, inputs, strict=True))
