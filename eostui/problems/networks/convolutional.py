"""The convolutional networks of Cohen et al. 2021."""

from __future__ import annotations

from itertools import pairwise

from torch import nn

from eostui.problems.networks.activations import ACTIVATIONS
from eostui.problems.networks.batch_norm import BatchNorm
from eostui.problems.networks.sizes import image_shape, positive

POOLINGS: dict[str, type[nn.Module]] = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}


class Convolutional(nn.Sequential):
    """`depth` times [3×3 convolution to `width` channels, activation, (batch norm), 2×2 pooling], linear.

    Takes (n, c, h, w), gives (n, outputs); torch's default initialisation. Raises ProblemError where the input is not
    an image or is too small to be halved `depth` times, and for a width or depth below 1.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        outputs: int,
        *,
        width: int,
        depth: int,
        activation: str,
        pooling: str,
        normalised: bool,
    ) -> None:
        positive("a convolutional network", width=width, depth=depth)
        shrinks = 2**depth
        of_depth = f"a convolutional network with {depth} pooling layer{'s' * (depth > 1)}"
        image_channels, image_height, image_width = image_shape(of_depth, input_shape, smallest=shrinks)
        layers: list[nn.Module] = []
        for fan_in, fan_out in pairwise((image_channels, *[width] * depth)):
            layers += [nn.Conv2d(fan_in, fan_out, kernel_size=3, padding=1), ACTIVATIONS[activation]()]
            if normalised:
                layers.append(BatchNorm(fan_out))
            layers.append(POOLINGS[pooling](2))
        features = width * (image_height // shrinks) * (image_width // shrinks)
        super().__init__(*layers, nn.Flatten(), nn.Linear(features, outputs))
