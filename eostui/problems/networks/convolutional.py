"""The convolutional networks of Cohen et al. 2021."""

from __future__ import annotations

from itertools import pairwise

from torch import nn

from eostui.problems.errors import ProblemError
from eostui.problems.networks.activations import ACTIVATIONS
from eostui.problems.networks.batch_norm import batch_norm

POOLINGS: dict[str, type[nn.Module]] = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}


class Convolutional(nn.Sequential):
    """[3×3 convolution, activation, (batch norm), 2×2 pooling] for each of `channels`, linear.

    Takes (n, c, h, w), gives (n, outputs); torch's default initialisation. Raises ProblemError where the
    input is no image or too small to be halved that often.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        outputs: int,
        *,
        channels: tuple[int, ...],
        activation: str,
        pooling: str,
        normalised: bool,
    ) -> None:
        smallest = 2 ** len(channels)
        if len(input_shape) != 3 or min(input_shape[1:]) < smallest:
            raise ProblemError(
                f"a convolutional network needs inputs (channels, height, width) of {smallest}×{smallest} "
                f"pixels or more; those of this data set have shape {input_shape}"
            )
        layers: list[nn.Module] = []
        for fan_in, fan_out in pairwise((input_shape[0], *channels)):
            layers += [nn.Conv2d(fan_in, fan_out, kernel_size=3, padding=1), ACTIVATIONS[activation]()]
            if normalised:
                layers.append(batch_norm(fan_out))
            layers.append(POOLINGS[pooling](2))
        features = channels[-1] * (input_shape[1] // smallest) * (input_shape[2] // smallest)
        super().__init__(*layers, nn.Flatten(), nn.Linear(features, outputs))
