"""Encodings of the position of a token, which are added to it."""

from __future__ import annotations

import torch
from torch import Tensor


def sinusoids(length: int, width: int) -> Tensor:
    """The positional encoding of Vaswani et al. 2017 (arXiv 1706.03762), (length, width) for an even width.

    Position p has sin(p/10000^(2i/width)) and cos(p/10000^(2i/width)) at 2i and 2i + 1.
    """
    frequencies = 10_000 ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    angles = torch.outer(torch.arange(length, dtype=torch.float64), frequencies)
    return torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1).to(torch.get_default_dtype())


def sinusoids_2d(rows: int, columns: int, width: int) -> Tensor:
    """(rows · columns, width) for a width that is a multiple of 4: one half says the row, the other the column."""
    row = sinusoids(rows, width // 2).repeat_interleave(columns, dim=0)
    column = sinusoids(columns, width // 2).repeat(rows, 1)
    return torch.cat((row, column), dim=1)
