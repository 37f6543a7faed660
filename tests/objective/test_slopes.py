"""Derivatives, and zeros where there are none."""

from __future__ import annotations

import pytest
import torch

from eostui.objective.slopes import slopes_of


@pytest.mark.parametrize("create_graph", [False, True])
def test_the_slope_by_an_unused_tensor_is_a_zero_without_a_gradient(create_graph: bool) -> None:
    used, unused = torch.tensor([3.0, -1.0], requires_grad=True), torch.ones(2, 3, requires_grad=True)
    slope, zero = slopes_of([used.square().sum()], [used, unused], create_graph=create_graph)
    assert slope.tolist() == [6, -2]
    assert slope.requires_grad == create_graph
    assert torch.equal(zero, torch.zeros(2, 3))
    assert not zero.requires_grad


def test_a_vector_weighs_the_outputs() -> None:
    x = torch.tensor([3.0, -1.0], requires_grad=True)
    (slope,) = slopes_of([x.square(), 5 * x], [x], [torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])])
    assert slope.tolist() == [6, 5]
