"""The network for Chebyshev polynomials: its first sharpness, and the example that is the same network."""

from __future__ import annotations

import pytest
import torch
from torch.autograd.functional import hessian
from torch.func import functional_call

from eostui.problems.by_path import load_callable
from eostui.problems.networks.one_hidden_layer import OneHiddenLayer
from tests.conftest import REPOSITORY


def build(d: int = 1, outputs: int = 1) -> OneHiddenLayer:
    torch.manual_seed(0)
    return OneHiddenLayer((d,), outputs, width=100)


def test_the_first_sharpness_is_the_papers() -> None:
    model = build().double()
    x = torch.linspace(-1, 1, 20, dtype=torch.float64).unsqueeze(1)
    y = torch.cos(4 * torch.arccos(x))
    shapes = {name: p.shape for name, p in model.named_parameters()}

    def loss(theta: torch.Tensor) -> torch.Tensor:
        pieces = theta.split([shape.numel() for shape in shapes.values()])
        state = {name: piece.view(shape) for (name, shape), piece in zip(shapes.items(), pieces, strict=True)}
        outputs: torch.Tensor = functional_call(model, state, (x,))
        return 0.5 * (outputs - y).square().mean()

    theta = torch.cat([p.detach().flatten() for p in model.parameters()])
    assert float(torch.linalg.eigvalsh(hessian(loss, theta))[-1]) == pytest.approx(4.03, abs=0.01)


def test_it_is_the_example_of_an_own_model() -> None:
    model = build()
    torch.manual_seed(0)
    example = load_callable(f"{REPOSITORY / 'examples' / 'own_model.py'}:model")()
    assert all(torch.equal(p, q) for p, q in zip(model.parameters(), example.parameters(), strict=True))


def test_it_takes_vectors_of_any_size_and_gives_as_many_numbers_as_asked() -> None:
    assert build(d=7, outputs=3)(torch.randn(5, 7)).shape == (5, 3)
