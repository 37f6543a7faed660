"""Layers whose backward pass is no derivative, or has none, in the ways that people write them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


class OnceSwish(torch.autograd.Function):
    """Right once; torch's own decorator says so, and nobody hears it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        slope: Tensor = s * (1 + x * (1 - s))
        return g * slope


class SavedSlope(torch.autograd.Function):
    """Saves its derivative as a number, which then is a constant."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.slope = x.cos().detach()
        return x.sin()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        slope: Tensor = ctx.slope
        return g * slope


class RightSwish(torch.autograd.Function):
    """One whose backward pass can be differentiated, as it should be."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        slope: Tensor = s * (1 + x * (1 - s))
        return g * slope


class Applied(nn.Module):
    """A hidden layer with one of these functions in it."""

    def __init__(self, function: type[torch.autograd.Function]) -> None:
        super().__init__()
        self.function = function
        self.inner, self.outer = nn.Linear(4, 6), nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.outer(self.function.apply(self.inner(x)))
        return outputs


class Bag(nn.Module):
    """A layer of torch's that has no second derivative."""

    def __init__(self) -> None:
        super().__init__()
        self.bag, self.head = nn.EmbeddingBag(7, 4), nn.Linear(4, 2)

    def forward(self, tokens: Tensor) -> Tensor:
        outputs: Tensor = self.head(torch.tanh(self.bag(tokens)))
        return outputs
