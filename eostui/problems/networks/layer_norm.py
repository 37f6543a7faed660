"""Layer norm that can be differentiated three times."""

from __future__ import annotations

import torch
from torch import Tensor, nn

EPS = 1e-5


class LayerNorm(nn.Module):
    """x̂ = weight · (x − mean) / √(var + 10⁻⁵) + bias over the last axis (Ba et al. 2016, arXiv 1607.06450).

    Takes and gives (…, width). The variance is the biased one, as in `torch.nn.LayerNorm`.

    It is written in plain tensor operations, as in the code of Cohen et al. 2024 (arXiv 2410.24206). torch's own kernel
    treats mean and variance as constants from the first derivative on. Its third derivatives, which the gradient of the
    sharpness needs, are wrong without a warning (pytorch issue 175754).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        var, mean = torch.var_mean(x, dim=-1, correction=0, keepdim=True)
        return (x - mean) * torch.rsqrt(var + EPS) * self.weight + self.bias
