"""A model that computes its own loss, where that is no function of outputs and targets.

    eostui run --arch examples/own_model_loss.py:model --data examples/own_model_loss.py:points --loss model --lr 0.032

It is called with the inputs and returns the mean loss over them: a scalar, or something that has it as `.loss`. Where
there are targets it gets them too, `model(x, y)`, or `model(**x, labels=y)` if x is a dictionary. This one crosses
2/0.032 = 62.5 near step 250: the loss shoots up a hundredfold, and the sharpness ends below the threshold.
"""

import math

import torch
from torch import Tensor, nn


def points() -> tuple[Tensor, None]:
    """Where the equation is to hold; there are no targets."""
    return torch.linspace(0, 1, 50).unsqueeze(1), None


class Poisson(nn.Module):
    """Solves u'' = -π² sin πx with u(0) = u(1) = 0 by u = x(1 - x)·network: a physics-informed network."""

    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Sequential(nn.Linear(1, 30), nn.Tanh(), nn.Linear(30, 1))

    def forward(self, x: Tensor) -> Tensor:
        with torch.enable_grad():  # the loss is also asked for where nobody wants its gradient
            x = x.clone().requires_grad_()
            u = x * (1 - x) * self.network(x)
            (slope,) = torch.autograd.grad(u.sum(), x, create_graph=True)
            (bend,) = torch.autograd.grad(slope.sum(), x, create_graph=True)
        return 0.5 * (bend + math.pi**2 * torch.sin(math.pi * x)).square().mean()


def model() -> nn.Module:
    """91 parameters."""
    return Poisson()
