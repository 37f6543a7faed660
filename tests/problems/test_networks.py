"""The networks: sizes, shapes, and a Hessian that is the derivative of the gradient."""

import pytest
import torch
from torch import Tensor, nn

from eostui.problems.architectures import ARCHITECTURES
from eostui.problems.by_path import load_callable
from eostui.problems.criteria import mse
from eostui.problems.errors import ProblemError
from eostui.problems.networks.resnet import Block, ResNet

CIFAR = (3, 32, 32)
DIGITS = (1, 8, 8)


def build(name: str, input_shape: tuple[int, ...], outputs: int = 10) -> nn.Module:
    entry = ARCHITECTURES[name]
    torch.manual_seed(0)
    model: nn.Module = load_callable(entry.build)(input_shape, outputs, **entry.options)
    return model


def gradient(model: nn.Module, x: Tensor, y: Tensor, *, graph: bool = False) -> Tensor:
    parts = torch.autograd.grad(mse(model(x), y), list(model.parameters()), create_graph=graph)
    return torch.cat([part.reshape(-1) for part in parts])


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("fc-tanh", 3072 * 200 + 200 + 200 * 200 + 200 + 200 * 10 + 10),
        ("cnn-relu", 3 * 9 * 32 + 32 + 32 * 9 * 32 + 32 + 32 * 8 * 8 * 10 + 10),
        ("cnn-avgpool-elu", 3 * 9 * 32 + 32 + 32 * 9 * 32 + 32 + 32 * 8 * 8 * 10 + 10),
        ("cnn-bn-tanh", 3 * 9 * 32 + 32 + 32 * 9 * 32 + 32 + 32 * 8 * 8 * 10 + 10 + 2 * 64),
        ("resnet32", 464_154),
    ],
)
def test_networks_for_cifar_have_the_papers_number_of_parameters(name: str, parameters: int) -> None:
    assert sum(p.numel() for p in build(name, CIFAR).parameters()) == parameters


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("input_shape", [CIFAR, DIGITS])
def test_every_network_takes_images_of_any_size(name: str, input_shape: tuple[int, ...]) -> None:
    assert build(name, input_shape, outputs=7)(torch.randn(3, *input_shape)).shape == (3, 7)


def test_fully_connected_networks_take_any_shape() -> None:
    assert build("fc-elu", (5,), outputs=2)(torch.randn(3, 5)).shape == (3, 2)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_hessian_of_every_network_is_the_derivative_of_its_gradient(name: str) -> None:
    torch.manual_seed(1)
    model = build(name, DIGITS).double()
    x, y = torch.randn(6, *DIGITS, dtype=torch.float64), torch.arange(6)
    parameters = list(model.parameters())
    v = torch.randn(sum(p.numel() for p in parameters), dtype=torch.float64)
    v /= v.norm()
    g = gradient(model, x, y, graph=True)
    hv = torch.cat([part.reshape(-1) for part in torch.autograd.grad(g, parameters, v)])
    # A step small enough that piecewise linear activations and max pooling do not change their piece.
    h = 1e-7
    start = nn.utils.parameters_to_vector(parameters).detach()
    nn.utils.vector_to_parameters(start + h * v, parameters)
    above = gradient(model, x, y)
    nn.utils.vector_to_parameters(start - h * v, parameters)
    below = gradient(model, x, y)
    torch.testing.assert_close(hv, (above - below) / (2 * h), rtol=1e-4, atol=1e-6 * float(g.detach().norm()))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_seed_gives_the_same_weights_again(name: str) -> None:
    first, again = build(name, DIGITS).state_dict(), build(name, DIGITS).state_dict()
    assert all(torch.equal(first[key], again[key]) for key in first)


@pytest.mark.parametrize("name", ["cnn-bn-relu", "resnet32"])
def test_batch_norm_keeps_the_outputs_a_function_of_weights_and_batch(name: str) -> None:
    model = build(name, DIGITS)
    x = torch.randn(8, *DIGITS)
    first = model(x)
    model(torch.randn(8, *DIGITS))
    assert torch.equal(model(x), first)
    assert torch.equal(model.eval()(x), first)
    assert not list(model.buffers())


def test_option_a_shortcuts_pass_the_input_on_where_the_branch_is_silent() -> None:
    model = ResNet(CIFAR, 10, blocks=2)
    block = model.stages[2]
    assert isinstance(block, Block)
    nn.init.zeros_(block.norm2.weight)
    x = torch.rand(2, 16, 8, 8)
    y = block(x)
    assert torch.equal(y[:, 8:24], x[:, :, ::2, ::2])
    assert not y[:, :8].any()
    assert not y[:, 24:].any()


@pytest.mark.parametrize("name", ["cnn-tanh", "resnet32"])
def test_image_networks_refuse_what_is_no_image(name: str) -> None:
    with pytest.raises(ProblemError, match=r"\(channels, height, width\).*shape \(20,\)"):
        build(name, (20,))
