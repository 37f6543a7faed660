"""The fully connected networks of Cohen et al. 2021."""

from __future__ import annotations

import math
from itertools import pairwise

from torch import nn

from eostui.problems.networks.activations import ACTIVATIONS
from eostui.problems.networks.sizes import positive


class FullyConnected(nn.Sequential):
    """flatten, `depth` times [linear to `width` units, activation], linear; torch's default initialisation.

    Takes (n, *input_shape), gives (n, outputs). Images are flattened in the order (channel, height, width):
    one seed gives one network only together with one order of the inputs. Raises ProblemError for a width or
    depth below 1.
    """

    def __init__(self, input_shape: tuple[int, ...], outputs: int, *, width: int, depth: int, activation: str) -> None:
        positive("a fully connected network", width=width, depth=depth)
        layers: list[nn.Module] = [nn.Flatten()]
        for fan_in, fan_out in pairwise((math.prod(input_shape), *[width] * depth)):
            layers += [nn.Linear(fan_in, fan_out), ACTIVATIONS[activation]()]
        super().__init__(*layers, nn.Linear(width, outputs))
