"""Small float64 objectives, one of each kind of network and loss that the curvature operators must get right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from eostui.curvature.objective import Loss, Objective


def half_squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    if not targets.is_floating_point():
        targets = F.one_hot(targets, outputs.shape[1]).to(outputs.dtype)
    return 0.5 * (outputs - targets).square().flatten(1).sum(1).mean()


def log_cosh(outputs: Tensor, targets: Tensor) -> Tensor:
    """A loss of a user's own: neither quadratic nor a cross-entropy."""
    return (outputs - targets).cosh().log().sum(1).mean()


class Attention(nn.Module):
    """A one-block transformer over 4 tokens, through torch's own fused attention."""

    def __init__(self) -> None:
        super().__init__()
        self.block = nn.TransformerEncoderLayer(2, 1, 3, dropout=0.0, batch_first=True)
        self.head = nn.Linear(2, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.block(x).mean(1))


def mlp(activation: type[nn.Module], outputs: int = 3) -> nn.Module:
    return nn.Sequential(nn.Linear(5, 6), activation(), nn.Linear(6, outputs))


def convolutional(pool: type[nn.Module], *, norm: bool = False) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1),
        nn.Tanh(),
        *([nn.BatchNorm2d(4)] if norm else []),
        pool(2),
        nn.Flatten(),
        nn.Linear(16, 3),
    )


@dataclass(frozen=True)
class Case:
    """How to make one objective: the network, the loss, the shape of an input, and classes or real targets."""

    name: str
    network: Callable[[], nn.Module]
    loss: Loss
    inputs: tuple[int, ...] = (5,)
    classes: bool = True
    outputs: int = 3

    def objective(self, *, physical_batch: int | None = None, examples: int = 10) -> Objective:
        torch.manual_seed(1)
        network = self.network().double()
        inputs = torch.randn(examples, *self.inputs, dtype=torch.float64)
        targets = torch.randint(self.outputs, (examples,))
        if not self.classes:
            targets = torch.randn(examples, self.outputs, dtype=torch.float64)
        return Objective(network, self.loss, inputs, targets, physical_batch=physical_batch)


IMAGE = (2, 4, 4)
CASES = [
    Case("mlp-tanh-mse", lambda: mlp(nn.Tanh), half_squared_error),
    Case("mlp-gelu-ce", lambda: mlp(nn.GELU), F.cross_entropy),
    Case("mlp-tanh-own-loss", lambda: mlp(nn.Tanh), log_cosh, classes=False),
    Case("regression", lambda: mlp(nn.Tanh, 1), half_squared_error, classes=False, outputs=1),
    Case("linear-mse", lambda: nn.Linear(5, 3), half_squared_error),
    Case("conv-maxpool-ce", lambda: convolutional(nn.MaxPool2d), F.cross_entropy, IMAGE),
    Case("conv-avgpool-mse", lambda: convolutional(nn.AvgPool2d), half_squared_error, IMAGE),
    Case("conv-batchnorm-ce", lambda: convolutional(nn.AvgPool2d, norm=True), F.cross_entropy, IMAGE),
    Case("attention-ce", Attention, F.cross_entropy, (4, 2)),
]
