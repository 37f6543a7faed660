"""What is multiplied when a traced product runs, after it was rewritten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.fx import Graph, GraphModule, Interpreter
from torch.nn import functional as F

from eostui.curvature.compiled.tangent_compiler import trace_tangent
from eostui.curvature.compiled.tangent_program import arguments
from eostui.curvature.compiled.tangent_rewrites import drop_zeros
from eostui.objective.objective import Objective

aten = torch.ops.aten
MULTIPLY = (aten.mm.default, aten.addmm.default, aten.convolution.default, aten.convolution_backward.default)


class Multiplications(Interpreter):
    """Runs a program and keeps what was multiplied."""

    factors: list[list[Tensor]]

    def call_function(self, target: Any, args: Any, kwargs: Any) -> Any:
        if target in MULTIPLY:
            self.factors.append([value for value in args if isinstance(value, Tensor)])
        return super().call_function(target, args, kwargs)


def run(objective: Objective) -> tuple[list[Tensor], list[list[Tensor]], Tensor]:
    """The residuals, everything that was multiplied, and the product with a vector."""
    theta = objective.parameters()
    given = arguments(objective, theta, next(objective.physical_batches()))
    primal, tangent = (Multiplications(program) for program in trace_tangent(objective, theta))
    primal.factors = tangent.factors = []
    with torch.no_grad():
        residuals = primal.run(*given)
        (image,) = tangent.run(torch.ones_like(theta), *given, *residuals)
    return list(residuals), primal.factors, image


def classifier(*body: nn.Module, channels: int) -> Objective:
    torch.manual_seed(0)
    model = nn.Sequential(*body, nn.LazyLinear(3))
    inputs = torch.randn(40, channels, 6, 6)
    model(inputs)
    return Objective(model, F.cross_entropy, inputs, torch.randint(3, (40,)))


def perceptron(width: int = 20) -> Objective:
    return classifier(nn.Flatten(), nn.LazyLinear(width), nn.Tanh(), channels=2)


def convolutional() -> Objective:
    return classifier(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.Tanh(), nn.Flatten(), channels=2)


def normalized() -> Objective:
    return classifier(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), channels=2)


@pytest.mark.parametrize("network", [perceptron, convolutional, normalized])
def test_nothing_is_multiplied_by_zeros_and_none_are_kept(network: Callable[[], Objective]) -> None:
    residuals, factors, image = run(network())
    assert len(factors) > 4
    assert all(factor.any() for given in factors for factor in given)
    assert all(residual.any() for residual in residuals)
    assert image.any()


@pytest.mark.parametrize("width", [20, 100])
def test_a_transposed_first_factor_is_copied_where_it_is_not_the_larger_one(width: int) -> None:
    _, factors, _ = run(perceptron(width))  # of 72 inputs
    products = [(given[0], given[1]) for given in factors if len(given) == 2]
    assert products
    assert all(first.dtype == torch.bfloat16 for first, _ in products)
    assert all(first.is_contiguous() or first.numel() > second.numel() for first, second in products)
    assert all(first.is_contiguous() for first, _ in products) == (width < 72)


def test_a_sum_with_zeros_keeps_its_shape_and_dtype_and_its_factors() -> None:
    graph = Graph()
    x = graph.placeholder("x")
    x.meta["val"] = torch.empty(3)
    zeros = graph.call_function(aten.zeros.default, ([2, 3],))
    zeros.meta["val"] = torch.empty(2, 3)
    wider = graph.call_function(aten.add.Tensor, (x, zeros))
    wider.meta["val"] = torch.empty(2, 3)
    scaled = graph.call_function(aten.add.Tensor, (zeros, wider), {"alpha": 2})
    scaled.meta["val"] = torch.empty(2, 3)
    doubles = graph.call_function(aten.zeros.default, ([2, 3],), {"dtype": torch.float64})
    doubles.meta["val"] = torch.empty(2, 3, dtype=torch.float64)
    promoted = graph.call_function(aten.add.Tensor, (scaled, doubles))
    promoted.meta["val"] = torch.empty(2, 3, dtype=torch.float64)
    graph.output(promoted)
    drop_zeros(graph)
    assert len(graph.find_nodes(op="call_function", target=aten.add.Tensor)) == 2
    given = torch.tensor([1.0, 2.0, 3.0])
    result = Interpreter(GraphModule({}, graph)).run(given)
    assert torch.equal(result, 2.0 * given.double().expand(2, 3))
