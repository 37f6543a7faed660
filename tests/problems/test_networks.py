"""What all networks have in common: shapes, derivatives of every order that is needed, and clear refusals."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from eostui.problems.architectures import ARCHITECTURES
from eostui.problems.by_path import load_callable
from eostui.problems.criteria import mse
from eostui.problems.errors import ProblemError

CIFAR = (3, 32, 32)
DIGITS = (1, 8, 8)
SENTENCE = (5,)
VOCABULARY = 7
SMALLER = {"vgg11": {"width": 4}, "vgg11-bn": {"width": 4}, "resnet32": {"depth": 14}, "vit": {"depth": 2}}
"""For the sake of the clock, where derivatives are taken: the smallest that have every part of the network."""
NETWORKS = [name for name, entry in ARCHITECTURES.items() if not entry.fixed]
"""Those that take data of any size."""
IMAGE_NETWORKS = [name for name, entry in ARCHITECTURES.items() if "image" in entry.inputs]


def input_shape(name: str) -> tuple[int, ...]:
    """That of the smallest inputs at hand."""
    match ARCHITECTURES[name].inputs:
        case ("tokens",):
            return SENTENCE
        case ("vector",):
            return (50,)
        case _:
            return CIFAR if name.startswith("vgg") else DIGITS


def build(name: str, shape: tuple[int, ...], outputs: int | None = None, **sizes: int) -> nn.Module:
    entry = ARCHITECTURES[name]
    options = {**entry.options, **sizes}
    if entry.inputs == ("tokens",):
        options["vocabulary"] = VOCABULARY
    torch.manual_seed(0)
    model: nn.Module = load_callable(entry.build)(shape, outputs or (50 if name == "deep-linear" else 10), **options)
    return model


def examples(name: str, n: int, shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> Tensor:
    if ARCHITECTURES[name].inputs == ("tokens",):
        return torch.randint(VOCABULARY, (n, *shape))
    return torch.randn(n, *shape, dtype=dtype)


class Point:
    """The loss of a network on random examples in float64, beside its first weights, along a random direction v.

    Beside them, because a layer that starts at zero silences those before it.
    """

    def __init__(self, name: str) -> None:
        torch.manual_seed(1)
        shape = input_shape(name)
        self.model = build(name, shape, **SMALLER.get(name, {})).double()
        self.parameters = list(self.model.parameters())
        for p in self.parameters:
            p.data += 0.01 * torch.randn_like(p)
        self.x = examples(name, 4, shape, torch.float64)
        self.y = torch.randn_like(self.model(self.x))
        self.v = [torch.randn_like(p) for p in self.parameters]
        length = torch.cat([v.flatten() for v in self.v]).norm()
        self.v = [v / length for v in self.v]

    def derivative(self, order: int, along: float = 0.0) -> list[Tensor]:
        """Of the loss at θ + along · v: the gradient (1), the Hessian times v (2), the third derivative on v, v (3)."""
        theta = [p.data.clone() for p in self.parameters]
        for p, v in zip(self.parameters, self.v, strict=True):
            p.data += along * v
        value = mse(self.model(self.x), self.y)
        for i in range(1, order + 1):
            slopes = torch.autograd.grad(value, self.parameters, create_graph=i < order, materialize_grads=True)
            if i < order:
                value = torch.stack([(slope * v).sum() for slope, v in zip(slopes, self.v, strict=True)]).sum()
        for p, start in zip(self.parameters, theta, strict=True):
            p.data = start
        return list(slopes)

    def difference(self, order: int, h: float) -> Tensor:
        """The derivative of that order as a central difference of the one below."""
        above, below = self.derivative(order - 1, h), self.derivative(order - 1, -h)
        return torch.cat([((a - b) / (2 * h)).flatten() for a, b in zip(above, below, strict=True)])


def flat(tensors: list[Tensor]) -> Tensor:
    return torch.cat([tensor.flatten() for tensor in tensors])


@pytest.mark.parametrize("name", IMAGE_NETWORKS)
@pytest.mark.parametrize("shape", [CIFAR, DIGITS])
def test_every_image_network_takes_images_of_any_size_but_vgg(name: str, shape: tuple[int, ...]) -> None:
    if name.startswith("vgg") and shape == DIGITS:
        with pytest.raises(ProblemError, match="32×32 pixels or more.*shape \\(1, 8, 8\\)"):
            build(name, shape)
    else:
        assert build(name, shape, outputs=7, **SMALLER.get(name, {}))(torch.randn(3, *shape)).shape == (3, 7)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_gives_one_row_of_outputs_for_every_example_or_token(name: str) -> None:
    shape = input_shape(name)
    outputs = build(name, shape, **SMALLER.get(name, {}))(examples(name, 3, shape))
    is_sequence = ARCHITECTURES[name].inputs == ("tokens",)
    assert outputs.shape == (3, *(shape if is_sequence else ()), 50 if name == "deep-linear" else 10)


def test_fully_connected_networks_take_any_shape() -> None:
    assert build("fc-elu", (5,), outputs=2)(torch.randn(3, 5)).shape == (3, 2)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_hessian_of_every_network_is_the_derivative_of_its_gradient(name: str) -> None:
    point = Point(name)
    hv = flat(point.derivative(2))
    # A step small enough that piecewise linear activations and max pooling do not change their piece.
    difference = point.difference(2, h=1e-7)
    torch.testing.assert_close(hv, difference, rtol=1e-4, atol=1e-5 * float(hv.abs().max()))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_third_derivative_of_every_network_is_the_derivative_of_its_hessian(name: str) -> None:
    """The gradient of the sharpness, ∇(uᵀHu), is made of it; torch's own norm layers have it wrong or not at all."""
    point = Point(name)
    third = flat(point.derivative(3))
    difference = point.difference(3, h=1e-6)
    torch.testing.assert_close(third, difference, rtol=1e-4, atol=1e-5 * float(third.abs().max()))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_loss_depends_on_every_parameter(name: str) -> None:
    point = Point(name)
    slopes = point.derivative(1)
    largest = max(float(slope.abs().max()) for slope in slopes)
    names = [parameter for parameter, _ in point.model.named_parameters()]
    # What the loss does not depend on has rounding errors for a gradient.
    assert not [p for p, slope in zip(names, slopes, strict=True) if float(slope.abs().max()) < 1e-10 * largest]


@pytest.mark.parametrize("name", NETWORKS)
def test_a_seed_gives_the_same_weights_again(name: str) -> None:
    shape = input_shape(name)
    first, again = (build(name, shape, **SMALLER.get(name, {})).state_dict() for _ in range(2))
    assert all(torch.equal(first[key], again[key]) for key in first)


@pytest.mark.parametrize("name", ["cnn-bn-relu", "resnet32", "vgg11-bn"])
def test_batch_norm_keeps_the_outputs_a_function_of_weights_and_batch(name: str) -> None:
    shape = input_shape(name)
    model = build(name, shape, **SMALLER.get(name, {}))
    x = torch.randn(8, *shape)
    first = model(x)
    model(torch.randn(8, *shape))
    assert torch.equal(model(x), first)
    assert torch.equal(model.eval()(x), first)
    assert not list(model.buffers())


@pytest.mark.parametrize("name", ["cnn-tanh", "vgg11", "resnet32", "vit"])
def test_image_networks_refuse_what_is_no_image(name: str) -> None:
    with pytest.raises(ProblemError, match=r"\(channels, height, width\).*shape \(20,\)"):
        build(name, (20,))


@pytest.mark.parametrize("name", ["transformer", "lstm"])
def test_sequence_networks_refuse_what_is_no_sequence(name: str) -> None:
    with pytest.raises(ProblemError, match=r"needs inputs \(tokens,\).*shape \(1, 8, 8\)"):
        build(name, DIGITS)


def test_the_network_for_regression_refuses_what_is_no_vector() -> None:
    with pytest.raises(ProblemError, match=r"needs inputs \(coordinates,\).*shape \(1, 8, 8\)"):
        build("regression", DIGITS)


@pytest.mark.parametrize(
    ("name", "size"),
    [(name, size) for name, entry in ARCHITECTURES.items() for size in ("width", "depth") if size in entry.options],
)
def test_a_width_or_depth_of_zero_is_refused(name: str, size: str) -> None:
    with pytest.raises(ProblemError, match=f"{size}.*not 0"):
        build(name, input_shape(name), **{size: 0})


def test_a_convolutional_network_that_would_halve_an_image_too_often_says_what_it_needs() -> None:
    assert build("cnn-relu", DIGITS, depth=3)(torch.randn(2, *DIGITS)).shape == (2, 10)
    with pytest.raises(ProblemError, match="4 pooling layers.*16×16 pixels or more.*shape \\(1, 8, 8\\)"):
        build("cnn-relu", DIGITS, depth=4)
