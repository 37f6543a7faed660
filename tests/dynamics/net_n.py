"""Net N: a tanh network of 36 weights on 16 points, written out, whose curves are known to many digits.

    f(x) = Σⱼ vⱼ tanh(wⱼx + bⱼ),  j = 0…11;  wⱼ = 1.6cos(1.1j + .4),  bⱼ = .7sin(2.1j),  vⱼ = .6sin(1.3j + .2)
    L = (1/16) Σᵢ ½(f(xᵢ) − cos 5xᵢ)²,  xᵢ = cos(π(i + ½)/16),  i = 0…15

θ is (w, b, v), in float64.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from eostui.objective.objective import Objective

HIDDEN = 12
EXAMPLES = 16
LOSS = 2.0009134
EIGENVALUES = (4.1167468, 2.2557404)


class NetN(nn.Module):
    """f, (n, 1) -> (n, 1), at the weights θ₀ that the module's docstring gives."""

    def __init__(self) -> None:
        super().__init__()
        j = torch.arange(HIDDEN, dtype=torch.float64)
        self.w = nn.Parameter(1.6 * torch.cos(1.1 * j + 0.4))
        self.b = nn.Parameter(0.7 * torch.sin(2.1 * j))
        self.v = nn.Parameter(0.6 * torch.sin(1.3 * j + 0.2))

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x * self.w + self.b) @ self.v[:, None]


def net_n() -> Objective:
    """L of a new Net N, at θ₀."""
    i = torch.arange(EXAMPLES, dtype=torch.float64)
    x = torch.cos(math.pi * (i + 0.5) / EXAMPLES)[:, None]
    return Objective(NetN(), _half_squares, x, torch.cos(5 * x))


def plain_loss(theta: Tensor) -> Tensor:
    """L(θ), 0-d, without modules: the independent one, which any derivative can be taken of."""
    w, b, v = theta.split(HIDDEN)
    x = torch.cos(math.pi * (torch.arange(EXAMPLES, dtype=torch.float64) + 0.5) / EXAMPLES)
    error: Tensor = torch.tanh(torch.outer(x, w) + b) @ v - torch.cos(5 * x)
    return 0.5 * error.square().mean()


def _half_squares(outputs: Tensor, targets: Tensor) -> Tensor:
    return 0.5 * (outputs - targets).square().sum(1).mean()
