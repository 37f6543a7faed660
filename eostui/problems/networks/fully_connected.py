"""The fully connected networks of Cohen et al. 2021."""

from __future__ import annotations

import math
from itertools import pairwise

from torch import nn

from eostui.problems.networks.activations import ACTIVATIONS


class FullyConnected(nn.Sequential):
    """flatten, [linear, activation] for each of `widths`, linear; torch's default initialisation.

    Takes (n, *input_shape), gives (n, outputs). Images are flattened in the order (channel, height, width):
    one seed gives one network only together with one order of the inputs.
    """

    def __init__(self, input_shape: tuple[int, ...], outputs: int, *, widths: tuple[int, ...], activation: str) -> None:
        layers: list[nn.Module] = [nn.Flatten()]
        for fan_in, fan_out in pairwise((math.prod(input_shape), *widths)):
            layers += [nn.Linear(fan_in, fan_out), ACTIVATIONS[activation]()]
        super().__init__(*layers, nn.Linear(widths[-1], outputs))
