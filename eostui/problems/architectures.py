"""The catalogue of architectures. Plain data: importing it must stay cheap, so no torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Architecture:
    """A network that can be asked for by name, and the setting that it is meant for.

    `build` names the code as `module:function`. It is called as `build(input_shape, outputs, **options)` with
    the shape of one example and the number of outputs, and returns an `nn.Module`. The fields from `data` on
    are what a run defaults to: the data set and loss by name, the learning rate, steps between two
    measurements of the curvature, examples that go through the network at once (None: all), and how many of
    the first examples the curvature is measured on at most (None: all; never more than there are).
    """

    name: str
    build: str
    options: Mapping[str, Any]
    summary: str
    paper: str
    data: str
    loss: str
    lr: float
    eig_every: int
    physical_batch: int | None
    eig_samples: int | None


COHEN = "Cohen et al. 2021, arXiv 2103.00065"


def _fully_connected(activation: str) -> Architecture:
    return Architecture(
        name=f"fc-{activation}",
        build="eostui.problems.networks.fully_connected:FullyConnected",
        options={"widths": (200, 200), "activation": activation},
        summary=f"two hidden layers of 200 units, {activation}",
        paper=COHEN,
        data="cifar10-5k",
        loss="mse",
        lr=2 / 100,
        eig_every=50,
        physical_batch=None,
        eig_samples=5_000,
    )


def _convolutional(kind: str, activation: str) -> Architecture:
    pooling = "average" if kind == "cnn-avgpool" else "max"
    normalised = kind == "cnn-bn"
    return Architecture(
        name=f"{kind}-{activation}",
        build="eostui.problems.networks.convolutional:Convolutional",
        options={
            "channels": (32, 32),
            "activation": activation,
            "pooling": pooling,
            "normalised": normalised,
        },
        summary=f"two 32-channel convolutions, {activation}{', batch norm' * normalised}, {pooling} pooling",
        paper=COHEN,
        data="cifar10-5k",
        loss="mse",
        lr=2 / 100,
        eig_every=50,
        # A Hessian-vector product takes 2.4 GB for 1,000 images; with batch norm, 1,000 is the papers' ghost batch.
        physical_batch=1_000,
        eig_samples=5_000,
    )


_RESNET32 = Architecture(
    name="resnet32",
    build="eostui.problems.networks.resnet:ResNet",
    options={"blocks": 5},
    summary="residual network of 32 layers for CIFAR, batch norm, 464,154 parameters",
    paper="He et al. 2016, arXiv 1512.03385; Cohen et al. 2021, arXiv 2103.00065",
    # The papers train on all 50,000 images in physical batches of 1,000 and measure on the first 5,000. On one core
    # of a laptop, 100 images take 1 s for a gradient, 3 s and 1.2 GB for a Hessian-vector product. So the images are
    # those of the other networks, a ghost batch is 250 of them, which stays below 4 GB, and the curvature is that of
    # the first ghost batch, a little above that of the whole; --data cifar10 --physical-batch 1000 --eig-samples 5000
    # is the papers' own, for a GPU.
    data="cifar10-5k",
    loss="mse",
    lr=0.02,
    eig_every=10,
    physical_batch=250,
    eig_samples=250,
)

_ARCHITECTURES = (
    *(_fully_connected(activation) for activation in ("tanh", "relu", "elu", "softplus", "hardtanh")),
    *(
        _convolutional(kind, activation)
        for kind in ("cnn", "cnn-avgpool", "cnn-bn")
        for activation in ("tanh", "relu", "elu")
    ),
    _RESNET32,
)

ARCHITECTURES: dict[str, Architecture] = {entry.name: entry for entry in _ARCHITECTURES}
