"""Several inputs: data with a dictionary of tensors, whose names are the arguments of the model.

    eostui run --arch examples/own_dictionary.py:model --data examples/own_dictionary.py:clouds --loss logistic --lr 2

Every example is a cloud of 5 to 12 points. Tensors are rectangular, so shorter ones are padded, and a mask says which
points there are. The network sees the points one by one and averages, so their order cannot matter ("deep sets",
Zaheer et al. 2017, arXiv 1703.06114).
"""

import torch
from torch import Tensor, nn


def clouds() -> tuple[dict[str, Tensor], Tensor]:
    """500 clouds; the target, (n, 1), is +1 for those that are wider than they are high and -1 for the others."""
    present = torch.arange(12) < torch.randint(5, 13, (500, 1))
    points = torch.randn(500, 12, 2) * present.unsqueeze(2)
    width, height = points.square().sum(1).split(1, dim=1)
    return {"points": points, "present": present}, torch.where(width > height, 1.0, -1.0)


class DeepSet(nn.Module):
    """tanh features of every point, their mean over the points that are present, a linear readout."""

    def __init__(self) -> None:
        super().__init__()
        self.feature = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh())
        self.readout = nn.Linear(32, 1)

    def forward(self, points: Tensor, present: Tensor) -> Tensor:
        features = self.feature(points) * present.unsqueeze(2)
        outputs: Tensor = self.readout(features.sum(1) / present.sum(1, keepdim=True))
        return outputs


def model() -> nn.Module:
    """1,185 parameters."""
    return DeepSet()
