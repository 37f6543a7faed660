"""Batch norm that leaves the loss a function of the weights alone, and one that can be differentiated thrice."""

from __future__ import annotations

import torch
from torch import Tensor, nn

EPS = 1e-5


class BatchNorm(nn.Module):
    """x̂ = weight · (x − mean) / √(var + 10⁻⁵) + bias for every channel (Ioffe & Szegedy 2015, arXiv 1502.03167).

    Takes and gives (n, channels, h, w); mean and (biased) variance are over n, h and w of the batch at hand, in
    training and in testing. Running averages would make the loss depend on the path taken as well as on the
    weights: the same weights would give another loss a step later, and there would be no Hessian to speak of.
    Without them the training loss is a function of the weights and of how the examples are split: every
    physical batch is normalised by itself ("ghost batch norm", Hoffer et al. 2017; so also Cohen et al. 2021),
    so the physical batch size is part of what is trained.

    Written in plain tensor operations: torch's own kernel keeps mean and variance as constants from the first
    derivative on, so that it has no third one, which the gradient of the sharpness is (pytorch issue 186256). A
    Hessian-vector product costs no more time this way, though more memory.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        var, mean = torch.var_mean(x, dim=(0, 2, 3), correction=0, keepdim=True)
        scale = torch.rsqrt(var + EPS) * self.weight[:, None, None]
        # One pass over the activations, and as few of them kept as can be.
        return torch.addcmul(self.bias[:, None, None] - mean * scale, x, scale)
