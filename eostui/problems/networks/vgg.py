"""VGG-11 for small images, without dropout, as Cohen et al. 2021 trained it."""

from __future__ import annotations

from torch import Tensor, nn

from eostui.problems.networks.batch_norm import BatchNorm
from eostui.problems.networks.sizes import image_shape, positive

STAGES = ((1,), (2,), (4, 4), (8, 8), (8, 8))
"""Channels of the convolutions of each stage, in multiples of the width: configuration A of Simonyan & Zisserman."""


class VGG11(nn.Module):
    """Five stages of [3×3 convolution, (batch norm), ReLU]s, each ended by 2×2 max pooling; three linear layers.

    With `width` 64 the eight convolutions are those of Simonyan & Zisserman 2014 (arXiv 1409.1556). Their classifier
    was made for ImageNet. The classifier here is that of Cohen et al.'s variant for 32×32 pixels
    (locuslab/edge-of-stability): two hidden layers of 512 ReLUs, without dropout. Takes (n, c, h, w), gives
    (n, outputs). It has 9,750,922 parameters for 32×32 RGB images in 10 classes.

    Batch norm adds 5,504 parameters and takes 2,752 away. Those are the biases of the convolutions, which the authors
    keep: the loss does not depend on them, and Adam would divide rounding errors by rounding errors there.

    Convolutions start from a normal distribution of variance 2/(9 · channels out) and zero bias, linear layers from
    torch's default. Raises ProblemError where the input is not an image of 32×32 pixels or more, and for a width
    below 1.
    """

    def __init__(self, input_shape: tuple[int, ...], outputs: int, *, width: int, normalised: bool) -> None:
        positive("VGG-11", width=width)
        shrinks = 2 ** len(STAGES)
        channels, image_height, image_width = image_shape("VGG-11, with five pooling layers,", input_shape, shrinks)
        super().__init__()
        layers: list[nn.Module] = []
        for stage in STAGES:
            for channels_out in (width * multiple for multiple in stage):
                conv = nn.Conv2d(channels, channels_out, kernel_size=3, padding=1, bias=not normalised)
                nn.init.kaiming_normal_(conv.weight, mode="fan_out")
                if conv.bias is not None:
                    nn.init.zeros_(conv.bias)
                layers += [conv, *([BatchNorm(channels_out)] if normalised else []), nn.ReLU()]
                channels = channels_out
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers, nn.Flatten())
        features = channels * (image_height // shrinks) * (image_width // shrinks)
        self.classifier = nn.Sequential(
            nn.Linear(features, channels),
            nn.ReLU(),
            nn.Linear(channels, channels),
            nn.ReLU(),
            nn.Linear(channels, outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.classifier(self.features(x))
        return logits
