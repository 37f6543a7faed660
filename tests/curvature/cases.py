"""Small float64 objectives, one of each kind of network and loss that the curvature operators must get right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from eostui.objective.model_call import Inputs
from eostui.objective.objective import Loss, Objective
from eostui.problems.criteria import ce, mse
from eostui.problems.networks import resnet, transformer, vgg, vision_transformer
from eostui.problems.networks.activations import ACTIVATIONS
from eostui.problems.networks.attention import Attention
from eostui.problems.networks.convolutional import Convolutional
from eostui.problems.networks.deep_linear import DeepLinear
from eostui.problems.networks.fully_connected import FullyConnected
from eostui.problems.networks.lstm import LSTM
from eostui.problems.networks.one_hidden_layer import OneHiddenLayer

PIXELS = (1, 4, 4)
"""The shape of the smallest images."""


def half_squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    if not targets.is_floating_point():
        targets = torch.eye(outputs.shape[1], dtype=outputs.dtype)[targets]
    return 0.5 * (outputs - targets).square().flatten(1).sum(1).mean()


def log_cosh(outputs: Tensor, targets: Tensor) -> Tensor:
    """A loss of a user's own: neither quadratic nor a cross-entropy."""
    return (outputs - targets).cosh().log().sum(1).mean()


class FusedAttention(nn.Module):
    """A one-block transformer over 4 tokens, through torch's own fused attention."""

    def __init__(self) -> None:
        super().__init__()
        self.block = nn.TransformerEncoderLayer(2, 1, 3, dropout=0.0, batch_first=True)
        self.head = nn.Linear(2, 3)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.block(x).mean(1))
        return logits


class Language(nn.Module):
    """Causal attention that predicts the next of 4 tokens at every position: (n, T) to (n, T, 4)."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.qkv, self.head = nn.Embedding(4, 3), nn.Linear(3, 9), nn.Linear(3, 4)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embedding(tokens)
        q, k, v = self.qkv(x).unsqueeze(1).chunk(3, dim=-1)
        logits: Tensor = self.head(x + F.scaled_dot_product_attention(q, k, v, is_causal=True).squeeze(1))
        return logits


class MaskedMean(nn.Module):
    """A set of points of which some are padding: three arguments, and one of them boolean."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(2, 4), nn.Linear(5, 3)

    def forward(self, points: Tensor, mask: Tensor, offset: Tensor) -> Tensor:
        hidden = self.inner(points).tanh() * mask.unsqueeze(-1)
        mean = hidden.sum(1) / mask.sum(1, keepdim=True).clamp(min=1)
        logits: Tensor = self.outer(torch.cat([mean, offset], dim=1))
        return logits


class OwnLoss(nn.Module):
    """A classifier that returns its loss: the cross-entropy and a penalty on the hidden layer."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(5, 4), nn.Linear(4, 3)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        hidden: Tensor = self.inner(x).tanh()
        return F.cross_entropy(self.outer(hidden), y) + 0.1 * hidden.square().sum(1).mean()


class OwnLossOfNames(MaskedMean):
    """The same with named arguments, in an object beside other things."""

    def forward(self, points: Tensor, mask: Tensor, offset: Tensor, labels: Tensor) -> SimpleNamespace:  # type: ignore[override]
        outputs = super().forward(points, mask, offset)
        return SimpleNamespace(loss=F.cross_entropy(outputs, labels), logits=outputs)


class Reconstruction(nn.Linear):
    """A model that needs no targets, and gives its loss in a dictionary."""

    def forward(self, x: Tensor) -> dict[str, Tensor]:  # type: ignore[override]
        return {"loss": 0.5 * (super().forward(x).tanh() - x).square().sum(1).mean()}


def by_position(outputs: Tensor, targets: Tensor) -> Tensor:
    """The mean cross-entropy over examples and positions, (n, T, k) with (n, T)."""
    return F.cross_entropy(outputs.transpose(1, 2), targets)


def mlp(activation: type[nn.Module], outputs: int = 3) -> nn.Sequential:
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


def small_vgg(stages: int, *, normalised: bool) -> nn.Module:
    """A VGG of so many stages, of one convolution each."""
    # VGG-11 has five, even with width 1 about 2,500 parameters, and wants 32×32 pixels.
    with mock.patch.object(vgg, "STAGES", ((1,),) * stages):
        return vgg.VGG11(PIXELS, 3, width=2, normalised=normalised)


def small_resnet() -> nn.Module:
    """A residual network whose only block halves the image and widens the channels."""
    network = resnet.ResNet(PIXELS, 3, depth=8)
    # Its channels are not for the caller to choose, and 16 of them are too many.
    network.conv, network.norm = nn.Identity(), nn.Identity()  # type: ignore[assignment]
    network.stages, network.linear = nn.Sequential(resnet.Block(1, 2, stride=2)), nn.Linear(2, 3)
    return network


def small_transformer_layer() -> nn.Module:
    layer = transformer.Layer(3, heads=1)
    # Two heads, which cannot share a width of 3; of width 2, the layer norm knows nothing but signs.
    layer.attention = Attention(3, heads=2, head_width=1, causal=True, bias=True)
    layer.linear1, layer.linear2 = nn.Linear(3, 2), nn.Linear(2, 3)
    return layer


def small_vision_transformer_layer() -> nn.Module:
    layer = vision_transformer.Layer(3, heads=2, head_width=1)
    # Four times as wide inside, as it comes, it has more than twice as many parameters.
    layer.linear1, layer.linear2 = nn.Linear(3, 2), nn.Linear(2, 3)
    return layer


def of_shape(*shape: int) -> Callable[[int], Tensor]:
    return lambda examples: torch.randn(examples, *shape, dtype=torch.float64)


vectors = of_shape(5)


def tokens(examples: int) -> Tensor:
    return torch.randint(4, (examples, 3))


def sets(examples: int) -> dict[str, Tensor]:
    points, mask = torch.randn(examples, 4, 2, dtype=torch.float64), torch.rand(examples, 4) < 0.7
    return {"points": points, "mask": mask, "offset": torch.randn(examples, 1, dtype=torch.float64)}


def classes(examples: int) -> Tensor:
    return torch.randint(3, (examples,))


def nothing(_examples: int) -> None:
    return None


@dataclass(frozen=True)
class Case:
    """How to make one objective: the network, the loss (None: the model's own), n inputs and n targets."""

    name: str
    network: Callable[[], nn.Module]
    loss: Loss | None
    inputs: Callable[[int], Inputs] = vectors
    targets: Callable[[int], Tensor | None] = classes

    def objective(
        self,
        *,
        physical_batch: int | None = None,
        examples: int = 10,
        on_batch: Callable[[int, int], None] | None = None,
    ) -> Objective:
        torch.manual_seed(1)
        network = self.network().double()
        inputs = self.inputs(examples)
        targets = self.targets(examples)
        return Objective(network, self.loss, inputs, targets, physical_batch=physical_batch, on_batch=on_batch)


def rows_of(inputs: Inputs, rows: slice) -> Inputs:
    return inputs[rows] if isinstance(inputs, Tensor) else {name: tensor[rows] for name, tensor in inputs.items()}


def loss_of(loss: Loss | None, model: Callable[..., Any], inputs: Inputs, targets: Tensor | None) -> Tensor:
    """What the objective stands for, written out for one batch."""
    if loss is not None:
        return loss(model(inputs) if isinstance(inputs, Tensor) else model(**inputs), targets)
    if isinstance(inputs, Tensor):
        returned = model(inputs) if targets is None else model(inputs, targets)
    else:
        returned = model(**inputs) if targets is None else model(**inputs, labels=targets)
    if isinstance(returned, Tensor):
        return returned
    computed: Tensor = returned["loss"] if isinstance(returned, dict) else returned.loss
    return computed


IMAGE = of_shape(2, 4, 4)
CASES = [
    Case("mlp-tanh-mse", lambda: mlp(nn.Tanh), half_squared_error),
    Case("mlp-gelu-ce", lambda: mlp(nn.GELU), F.cross_entropy),
    Case("mlp-tanh-own-loss", lambda: mlp(nn.Tanh), log_cosh, targets=of_shape(3)),
    Case("regression", lambda: mlp(nn.Tanh, 1), half_squared_error, targets=of_shape(1)),
    Case("linear-mse", lambda: nn.Linear(5, 3), half_squared_error),
    Case("conv-maxpool-ce", lambda: convolutional(nn.MaxPool2d), F.cross_entropy, IMAGE),
    Case("conv-avgpool-mse", lambda: convolutional(nn.AvgPool2d), half_squared_error, IMAGE),
    Case("conv-batchnorm-ce", lambda: convolutional(nn.AvgPool2d, norm=True), F.cross_entropy, IMAGE),
    Case("attention-ce", FusedAttention, F.cross_entropy, of_shape(4, 2)),
    Case("sequence-ce", Language, by_position, tokens, tokens),
    Case("dictionary-ce", MaskedMean, F.cross_entropy, sets),
    Case("model-computes-loss", OwnLoss, None),
    Case("model-computes-loss-of-dictionary", OwnLossOfNames, None, sets),
    Case("model-computes-loss-without-targets", lambda: Reconstruction(5, 5), None, targets=nothing),
    # The project's own networks or, where these cannot be small, their layers.
    *(
        Case(
            f"fully-connected-{activation}-mse",
            partial(FullyConnected, (5,), 3, width=3, depth=2, activation=activation),
            mse,
        )
        for activation in ACTIVATIONS
    ),
    Case(
        "convolutional-elu-avgpool-ce",
        lambda: Convolutional(PIXELS, 3, width=2, depth=2, activation="elu", pooling="average", normalised=False),
        ce,
        of_shape(*PIXELS),
    ),
    Case("vgg-mse", lambda: small_vgg(2, normalised=False), mse, of_shape(*PIXELS)),
    Case("transformer-layer-mse", small_transformer_layer, mse, of_shape(3, 3), of_shape(3, 3)),
    Case("vision-transformer-layer-mse", small_vision_transformer_layer, mse, of_shape(3, 3), of_shape(3, 3)),
    Case("lstm-ce", lambda: LSTM((3,), 4, vocabulary=4, width=2, depth=1), ce, tokens, tokens),
    Case("deep-linear-mse", lambda: DeepLinear((4,), 4, width=4, depth=3), mse, of_shape(4), of_shape(4)),
    Case("one-hidden-layer-mse", lambda: OneHiddenLayer((1,), 1, width=6), mse, of_shape(1), of_shape(1)),
    Case(
        "convolutional-relu-batchnorm-ce",
        lambda: Convolutional(PIXELS, 3, width=2, depth=1, activation="relu", pooling="max", normalised=True),
        ce,
        of_shape(*PIXELS),
    ),
    Case("vgg-batchnorm-mse", lambda: small_vgg(1, normalised=True), mse, of_shape(*PIXELS)),
    Case("resnet-batchnorm-mse", small_resnet, mse, of_shape(*PIXELS)),
]
