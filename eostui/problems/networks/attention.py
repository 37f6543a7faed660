"""Attention that can be differentiated any number of times."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Attention(nn.Module):
    """softmax(QKᵀ/√d) V in each of `heads` heads of d = `head_width` numbers (Vaswani et al. 2017).

    Takes and gives (n, T, width). `causal`: a token sees itself and those before it. `bias`: queries, values and
    outputs have one. Keys never have a bias: it would add the same number to every score of a query. The loss would not
    depend on it, and Adam would divide rounding errors by rounding errors there.

    It is written in plain tensor operations, because the fused kernels behind
    `torch.nn.functional.scaled_dot_product_attention` have no second derivative.
    """

    def __init__(self, width: int, *, heads: int, head_width: int, causal: bool, bias: bool) -> None:
        super().__init__()
        self.heads = heads
        self.causal = causal
        self.scale = 1 / math.sqrt(head_width)
        self.query = nn.Linear(width, heads * head_width, bias=bias)
        self.key = nn.Linear(width, heads * head_width, bias=False)
        self.value = nn.Linear(width, heads * head_width, bias=bias)
        self.out = nn.Linear(heads * head_width, width, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (self._by_head(project(x)) for project in (self.query, self.key, self.value))
        scores = (q * self.scale) @ k.mT
        if self.causal:
            future = torch.ones(scores.shape[-2:], dtype=torch.bool, device=x.device).triu(1)
            scores = scores.masked_fill(future, -math.inf)
        mixed: Tensor = self.out((scores.softmax(dim=-1) @ v).transpose(1, 2).flatten(2))
        return mixed

    def _by_head(self, x: Tensor) -> Tensor:
        """(n, T, heads · d) -> (n, heads, T, d)."""
        return x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)
