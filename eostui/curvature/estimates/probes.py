"""Random directions by which the trace of a matrix is sampled."""

from __future__ import annotations

import torch
from torch import Tensor


def random_signs(
    shape: tuple[int, ...], *, dtype: torch.dtype, device: torch.device, generator: torch.Generator | None
) -> Tensor:
    """Independent ±1, each as likely, on `device`; drawn where the generator is.

    With them s, E sᵀA s = tr A for every A, with the smallest variance among vectors of independent entries
    (Hutchinson 1990).
    """
    drawn_on = generator.device if generator is not None else device
    bits = torch.randint(2, shape, device=drawn_on, generator=generator)
    return bits.to(device, dtype).mul_(2).sub_(1)
