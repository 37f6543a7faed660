"""Inner products and norms of long vectors, without the rounding that float32 sums of millions of terms have.

On the CPU, torch's sums of 4 million float32 products were seen to be wrong by 5e-4: as much as an eigenvalue may be.
"""

from __future__ import annotations

import torch
from torch import Tensor

CHUNK = 1 << 15
"""This many products are summed in the dtype of the vectors. The partial sums are added in double precision."""


def wide(device: torch.device) -> torch.dtype:
    """The widest floating dtype of a device: float64 but for Apple's GPUs, which have none."""
    return torch.float32 if device.type == "mps" else torch.float64


def inner_products(a: Tensor, b: Tensor) -> Tensor:
    """abᵀ, (p, q), for rows a (p, size) and b (q, size)."""
    chunks = a.shape[1] // CHUNK
    whole = chunks * CHUNK
    total = (a[:, whole:] @ b[:, whole:].T).to(wide(a.device))
    if whole:
        # (chunks, p, CHUNK) times (chunks, CHUNK, q): views, nothing is copied.
        left = a[:, :whole].reshape(len(a), chunks, CHUNK).transpose(0, 1)
        right = b[:, :whole].reshape(len(b), chunks, CHUNK).permute(1, 2, 0)
        total += torch.bmm(left, right).sum(dim=0, dtype=total.dtype)
    return total


def norm(v: Tensor) -> Tensor:
    """‖v‖ of a vector or, as (p,), of the rows of a matrix."""
    # A wide copy of all of it would take the memory of two vectors.
    pieces = torch.split(v, 8 * CHUNK, dim=-1)
    lengths = [torch.linalg.vector_norm(piece, dim=-1, dtype=wide(v.device)) for piece in pieces]
    length: Tensor = torch.linalg.vector_norm(torch.stack(lengths), dim=0)
    return length
