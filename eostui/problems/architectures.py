"""The catalogue of architectures. Plain data: importing it must stay cheap, so no torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Architecture:
    """A network that can be asked for by name, and the setting that it is meant for.

    `build` names the code as `module:function`. It is called as `build(input_shape, outputs, **options)` with the shape
    of one example and the number of outputs, and returns an `nn.Module`. A network that takes tokens also gets
    `vocabulary`, the number of different tokens. The user may choose the options `width` and `depth`, where the network
    has them. `inputs` are the kinds of inputs that it takes: "image" (channels, height, width), "vector" (d,) and
    "tokens" (T,).

    The fields from `data` on are the defaults of a run: the data set and loss by name, the learning rate, the steps
    between two measurements of the curvature, the examples that go through the network at once (None: all), the first
    examples that the curvature is measured on (None: all; never more than there are), and the dtype. `parameters` is
    the number of trainable parameters with these defaults. `fixed` says that it goes with this data and loss alone.
    """

    name: str
    build: str
    options: Mapping[str, Any]
    summary: str
    paper: str
    parameters: int
    inputs: tuple[str, ...]
    data: str
    loss: str
    lr: float
    eig_every: int
    physical_batch: int | None
    eig_samples: int | None
    dtype: str = "float32"
    fixed: bool = False


COHEN = "Cohen et al. 2021, arXiv 2103.00065"
CENTRAL_FLOWS = "Cohen et al. 2024, arXiv 2410.24206"


def _fully_connected(activation: str, paper: str = COHEN) -> Architecture:
    return Architecture(
        name=f"fc-{activation}",
        build="eostui.problems.networks.fully_connected:FullyConnected",
        options={"width": 200, "depth": 2, "activation": activation},
        summary=f"fully connected, {activation}",
        paper=paper,
        parameters=656_810,
        inputs=("image", "vector"),
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
            "width": 32,
            "depth": 2,
            "activation": activation,
            "pooling": pooling,
            "normalised": normalised,
        },
        summary=f"3×3 convolutions, {activation}{', batch norm' * normalised}, {pooling} pooling",
        paper=COHEN,
        parameters=30_762 if normalised else 30_634,
        inputs=("image",),
        data="cifar10-5k",
        loss="mse",
        lr=2 / 100,
        eig_every=50,
        # A Hessian-vector product takes 2.4 GB for 1,000 images. The papers' ghost batches for batch norm are as large.
        physical_batch=1_000,
        eig_samples=5_000,
    )


# The papers train the next three on all 50,000 images in physical batches of 1,000 and measure on the first 5,000. On
# one core of a laptop, 100 images take 1 to 2 s for a gradient, 3 s for a Hessian-vector product and, in the residual
# network, 1.8 GB. Here they train on the same images as the other networks, in ghost batches that stay below 4 GB. The
# curvature is that of the first ghost batch, which is a little above that of all examples. The papers' own setting, for
# a GPU, is `--data cifar10 --physical-batch 1000 --eig-samples 5000`.


def _vgg11(name: str, *, normalised: bool) -> Architecture:
    return Architecture(
        name=name,
        build="eostui.problems.networks.vgg:VGG11",
        options={"width": 64, "normalised": normalised},
        summary=f"VGG of 11 layers for 32×32 pixels, {'batch norm' if normalised else 'no norm'}, no dropout",
        paper=f"Simonyan & Zisserman 2014, arXiv 1409.1556; {COHEN}",
        parameters=9_753_674 if normalised else 9_750_922,
        inputs=("image",),
        data="cifar10-5k",
        loss="mse",
        # Sharpness begins near 57 with batch norm and near 4 without.
        lr=2 / 100 if normalised else 2 / 20,
        eig_every=10,
        physical_batch=250,
        eig_samples=250,
    )


_RESNET32 = Architecture(
    name="resnet32",
    build="eostui.problems.networks.resnet:ResNet",
    options={"depth": 32},
    summary="residual network for CIFAR, batch norm",
    paper=f"He et al. 2016, arXiv 1512.03385; {COHEN}",
    parameters=464_154,
    inputs=("image",),
    data="cifar10-5k",
    loss="mse",
    lr=0.02,
    eig_every=10,
    physical_batch=200,
    eig_samples=200,
)

_VIT = Architecture(
    name="vit",
    build="eostui.problems.networks.vision_transformer:VisionTransformer",
    options={"width": 64, "depth": 4, "heads": 8, "head_width": 64, "patch": 4},
    summary="vision transformer, patches of 4×4 pixels, pre-LN, GELU",
    paper=CENTRAL_FLOWS,
    parameters=661_412,
    inputs=("image",),
    data="cifar10-1k-4c",
    loss="mse",
    lr=2 / 40,
    # 100 images take 2.4 GB; on one core a step takes 16 s, a Hessian-vector product for 100 images 2 s.
    eig_every=10,
    physical_batch=100,
    eig_samples=100,
)

_TRANSFORMER = Architecture(
    name="transformer",
    build="eostui.problems.networks.transformer:Transformer",
    options={"width": 64, "depth": 2, "heads": 2},
    summary="language model: causal attention, post-LN, ReLU",
    paper=COHEN,
    parameters=4_343_166,
    inputs=("tokens",),
    data="wikitext-2-1k",
    loss="ce",
    lr=2 / 10,
    # The probabilities of 33,278 words after each of 35 words take 4.7 MB for one sequence. They are kept many times
    # over: 50 sequences take 2.7 GB. On one core a step takes 24 s, a Hessian-vector product for 50 sequences 2.5 s.
    eig_every=10,
    physical_batch=50,
    eig_samples=50,
)

_LSTM = Architecture(
    name="lstm",
    build="eostui.problems.networks.lstm:LSTM",
    options={"width": 48, "depth": 2},
    summary="long short-term memory, one output at every token",
    paper=CENTRAL_FLOWS,
    parameters=38_020,
    inputs=("tokens",),
    data="sorting",
    loss="mse",
    lr=2 / 40,
    eig_every=20,
    physical_batch=None,
    eig_samples=None,
)

_DEEP_LINEAR = Architecture(
    name="deep-linear",
    build="eostui.problems.networks.deep_linear:DeepLinear",
    options={"width": 50, "depth": 20},
    summary="square linear layers without bias, as wide as inputs and targets",
    paper=COHEN,
    parameters=50_000,
    inputs=("vector",),
    data="deep-linear",
    loss="mse",
    lr=2 / 6000,
    eig_every=10,
    physical_batch=None,
    eig_samples=None,
)

_REGRESSION = Architecture(
    name="regression",
    build="eostui.problems.networks.one_hidden_layer:OneHiddenLayer",
    options={"width": 100},
    summary="one hidden layer, tanh, no bias at the output",
    paper=COHEN,
    parameters=300,
    inputs=("vector",),
    data="chebyshev-5",
    loss="mse",
    lr=2 / 5,
    eig_every=10,
    physical_batch=None,
    eig_samples=None,
)

_MINIMALIST = Architecture(
    name="minimalist",
    build="eostui.problems.networks.minimalist:Minimalist",
    options={"x0": 12.5, "y0": 0.05},
    summary="four weights x, y, z, w and their product, from x = z = 12.5, y = w = 0.05, or minimalist:X0,Y0",
    paper="Zhu et al. 2023, arXiv 2210.03294",
    parameters=4,
    inputs=("vector",),
    data="one",
    loss="mse",
    lr=2 / 200,
    eig_every=10,
    physical_batch=None,
    eig_samples=None,
    dtype="float64",
    fixed=True,
)

_ARCHITECTURES = (
    *(_fully_connected(activation) for activation in ("tanh", "relu", "elu", "softplus", "hardtanh")),
    _fully_connected("gelu", paper=f"{CENTRAL_FLOWS}, with --width 256 --data cifar10-1k-4c"),
    *(
        _convolutional(kind, activation)
        for kind in ("cnn", "cnn-avgpool", "cnn-bn")
        for activation in ("tanh", "relu", "elu")
    ),
    _vgg11("vgg11", normalised=False),
    _vgg11("vgg11-bn", normalised=True),
    _RESNET32,
    _VIT,
    _TRANSFORMER,
    _LSTM,
    _DEEP_LINEAR,
    _REGRESSION,
    _MINIMALIST,
)

ARCHITECTURES: dict[str, Architecture] = {entry.name: entry for entry in _ARCHITECTURES}
