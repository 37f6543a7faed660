"""θ in a module: everything that reads a weight reads θ, by whatever way."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from eostui.curvature.operators.hessian import HessianOperator
from eostui.objective.objective import Objective
from eostui.objective.weights import Weights, cast, cast_for_now, flatten
from tests.objective.networks import HIDDEN, Hidden, Spectral


def plain(
    model: nn.Module, loss: Callable[[Any, Tensor], Tensor], x: Tensor, y: Tensor, theta: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Loss, gradient and dense Hessian as a plain loop has them: weights copied in place, no code of ours."""
    parameters = list(model.parameters())
    start = 0
    with torch.no_grad():
        for p in parameters:
            numbers = torch.view_as_real(p) if p.is_complex() else p
            numbers.copy_(theta[start : start + numbers.numel()].view_as(numbers))
            start += numbers.numel()
    buffers = [buffer.clone() for buffer in model.buffers()]
    value = loss(model(x), y)
    slopes = torch.autograd.grad(value, parameters, create_graph=True, materialize_grads=True)
    rows = []
    for entry in torch.cat([(torch.view_as_real(s) if s.is_complex() else s).reshape(-1) for s in slopes]):
        row = torch.autograd.grad(entry, parameters, retain_graph=True, materialize_grads=True)
        rows.append(flatten(row))
    for buffer, before in zip(model.buffers(), buffers, strict=True):
        buffer.data.copy_(before)
    return value.detach(), flatten([s.detach() for s in slopes]), torch.stack(rows)


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda hidden: hidden.name)
def test_loss_gradient_and_hessian_are_those_of_a_plain_loop_at_any_weights(hidden: Hidden) -> None:
    model, loss, x, y = hidden.made()
    objective = Objective(model, loss, x, y)
    first = objective.parameters()
    theta = first + 0.2 * torch.randn_like(first)
    elsewhere = first + 0.2 * torch.randn_like(first)
    with HessianOperator(objective, theta) as operator:
        evaluation = operator.gradient()
        objective.gradient(elsewhere)  # while the graphs at θ are kept
        found = operator @ torch.eye(objective.size, dtype=objective.dtype)
    here = objective.gradient(theta)
    value, slope, dense = plain(model, loss, x, y, theta)
    torch.testing.assert_close(evaluation.loss, value)
    torch.testing.assert_close(evaluation.gradient, slope)
    torch.testing.assert_close(here.gradient, slope)
    torch.testing.assert_close(found, dense, rtol=1e-7, atol=1e-9)


def test_a_complex_weight_is_twice_as_many_real_ones() -> None:
    weights = Weights(Spectral().double())
    assert (weights.size, weights.dtype) == (2 * 3 + 4 * 2 + 2, torch.float64)
    theta = torch.arange(weights.size, dtype=weights.dtype)
    weights.write(theta)
    assert torch.equal(weights.by_name["filter"].detach(), torch.tensor([0 + 1j, 2 + 3j, 4 + 5j], dtype=torch.cdouble))
    assert torch.equal(weights.read(), theta)
    assert torch.equal(flatten(weights.split(theta)), theta)


def test_weights_that_somebody_else_has_changed_are_written_again() -> None:
    model = nn.Linear(2, 1)
    weights, theta = Weights(model), torch.tensor([1.0, 2.0, 3.0])
    weights.write(theta)
    with torch.no_grad():
        model.bias.add_(1)
    weights.write(theta)
    assert torch.equal(weights.read(), theta)
    theta += 1  # as an optimizer does
    weights.write(theta)
    assert torch.equal(weights.read(), theta)
    with pytest.raises(ValueError, match=r"shape \(3,\), not \(2,\)"):
        weights.write(theta[:2])


def test_a_cast_keeps_imaginary_parts_and_one_for_now_gives_back_the_same_tensors() -> None:
    model = Spectral().double()
    imaginary = model.filter.detach().imag.clone()
    cast(model, torch.device("cpu"), torch.float32)
    assert model.filter.dtype == model.shift.dtype == torch.complex64
    assert model.head.weight.dtype == torch.float32
    torch.testing.assert_close(model.filter.detach().imag, imaginary.float())
    before = copy.deepcopy(model.state_dict())
    places = {name: tensor.data_ptr() for name, tensor in model.state_dict().items()}
    with cast_for_now([model], torch.float64):
        assert model.filter.dtype == model.shift.dtype == torch.complex128
        Weights(model).write(torch.zeros(16, dtype=torch.float64))
    for name, tensor in model.state_dict().items():
        assert tensor.data_ptr() == places[name]
        assert torch.equal(tensor, before[name])
