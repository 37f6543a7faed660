"""Batch norm with which the loss is a function of the weights alone, and can be differentiated three times."""

from __future__ import annotations

import torch
from torch import Tensor, nn

EPS = 1e-5


class BatchNorm(nn.Module):
    """x̂ = weight · (x − mean) / √(var + 10⁻⁵) + bias for every channel (Ioffe & Szegedy 2015, arXiv 1502.03167).

    Takes and gives (n, channels, h, w). Mean and (biased) variance are over n, h and w of the present batch, in
    training and in evaluation. With running averages the loss would depend on the path of the training as well as on
    the weights: the same weights would give another loss a step later, and no Hessian would be defined. Without them
    the training loss is a function of the weights and of the split into physical batches. Every physical batch is
    normalised by itself ("ghost batch norm", Hoffer et al. 2017, also used by Cohen et al. 2021), so the physical batch
    size is part of the problem.

    It is written in plain tensor operations. torch's own kernel treats mean and variance as constants from the first
    derivative on. Its third derivative, which the gradient of the sharpness needs, does not exist (pytorch issue
    186256). A Hessian-vector product takes no more time this way, but more memory.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        var, mean = torch.var_mean(x, dim=(0, 2, 3), correction=0, keepdim=True)
        scale = torch.rsqrt(var + EPS) * self.weight[:, None, None]
        # This is one pass over the activations, and keeps as few of them as possible.
        return torch.addcmul(self.bias[:, None, None] - mean * scale, x, scale)
