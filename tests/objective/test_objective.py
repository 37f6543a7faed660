"""The training loss as a function of one flat parameter vector."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from eostui.curvature.operators.hessian import HessianOperator
from eostui.objective.listener import Listener
from eostui.objective.objective import Objective
from tests.curvature.cases import CASES, Case, convolutional, half_squared_error, loss_of, mlp, rows_of

BATCH_NORM = next(case for case in CASES if case.name == "conv-batchnorm-ce")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_loss_and_gradient_are_those_of_a_plain_backward_pass(case: Case) -> None:
    objective = case.objective()
    model = copy.deepcopy(objective.model)
    loss = loss_of(case.loss, model, objective.inputs, objective.targets)
    loss.backward()
    result = objective.gradient(objective.parameters())
    torch.testing.assert_close(result.loss, loss.detach())
    expected = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
    torch.testing.assert_close(result.gradient, expected)
    torch.testing.assert_close(objective.evaluate(objective.parameters()).loss, loss.detach())


@pytest.mark.parametrize("case", [case for case in CASES if "batchnorm" not in case.name], ids=lambda case: case.name)
def test_loss_accuracy_and_gradient_do_not_depend_on_the_physical_batch(case: Case) -> None:
    def largest_first(outputs: Tensor, targets: Tensor) -> Tensor:
        return (outputs.argmax(-1) == 0).double().mean()

    whole = case.objective()
    accuracy = None if case.loss is None else largest_first
    theta = whole.parameters()
    results = []
    for physical_batch in (None, 1, 3, 4, 7, 9, 50):
        objective = Objective(
            whole.model, case.loss, whole.inputs, whole.targets, accuracy=accuracy, physical_batch=physical_batch
        )
        assert objective.batches == -(-10 // min(physical_batch or 10, 10))
        tested, trained = objective.evaluate(theta), objective.gradient(theta)
        torch.testing.assert_close(tested.loss, trained.loss, rtol=1e-14, atol=0)
        results.append(torch.stack([trained.loss, tested.accuracy, trained.accuracy, *trained.gradient]))
    for result in results[1:]:
        torch.testing.assert_close(result, results[0], rtol=1e-12, atol=1e-14, equal_nan=True)


def test_a_physical_batch_is_a_ghost_batch_for_batch_norm() -> None:
    objective = BATCH_NORM.objective(physical_batch=5)
    model = copy.deepcopy(objective.model)
    assert objective.targets is not None
    halves = [
        loss_of(BATCH_NORM.loss, model, rows_of(objective.inputs, half), objective.targets[half])
        for half in (slice(0, 5), slice(5, 10))
    ]
    mean = torch.stack(halves).detach().mean()
    torch.testing.assert_close(objective.evaluate(objective.parameters()).loss, mean)


def test_only_a_gradient_that_is_asked_to_advances_running_statistics() -> None:
    objective = BATCH_NORM.objective(physical_batch=5)
    theta = objective.parameters()
    before = copy.deepcopy(objective.model.state_dict())
    objective.evaluate(theta)
    objective.gradient(theta)
    HessianOperator(objective, theta) @ torch.ones(objective.size, dtype=torch.float64)
    for name, value in objective.model.state_dict().items():
        assert torch.equal(value, before[name]), name
    objective.gradient(theta, advance_buffers=True)
    assert objective.model.get_buffer("2.num_batches_tracked") == 2
    assert not torch.equal(objective.model.get_buffer("2.running_mean"), before["2.running_mean"])


def test_dropout_draws_the_same_in_every_pass_and_leaves_the_generator_alone() -> None:
    model = nn.Sequential(nn.Linear(5, 50), nn.Dropout(0.5), nn.Linear(50, 3))
    objective = Objective(model, F.cross_entropy, torch.randn(8, 5), torch.randint(3, (8,)), physical_batch=3)
    theta = objective.parameters()
    state = torch.get_rng_state()
    first = objective.evaluate(theta).loss
    torch.rand(1)
    assert torch.equal(objective.evaluate(theta).loss, first)
    torch.set_rng_state(state)
    expected = torch.rand(3)
    torch.set_rng_state(state)
    objective.evaluate(theta)
    assert torch.equal(torch.rand(3), expected)


def test_accuracy_is_what_the_given_function_says_of_outputs_and_targets() -> None:
    def share_of_threes(outputs: Tensor, targets: Tensor) -> Tensor:
        assert outputs.shape == (1, 2)
        return (targets == 3).double().mean()

    inputs, targets = torch.randn(4, 2), torch.tensor([3, 0, 3, 3])
    objective = Objective(
        nn.Linear(2, 2), lambda out, y: out.sum(), inputs, targets, accuracy=share_of_threes, physical_batch=1
    )
    assert objective.evaluate(objective.parameters()).accuracy == 0.75
    assert objective.gradient(objective.parameters()).accuracy == 0.75


def test_accuracy_is_nan_without_a_function_for_it() -> None:
    objective = CASES[0].objective(physical_batch=4)
    assert math.isnan(objective.evaluate(objective.parameters()).accuracy)
    assert math.isnan(objective.gradient(objective.parameters()).accuracy)


def test_theta_holds_trainable_parameters_only_in_the_models_order() -> None:
    model = mlp(nn.Tanh)
    model.get_parameter("0.weight").requires_grad_(False)
    objective = Objective(model, F.cross_entropy, torch.randn(4, 5), torch.randint(3, (4,)))
    trainable = [model.get_parameter(name) for name in ("0.bias", "2.weight", "2.bias")]
    assert torch.equal(objective.parameters(), torch.cat([p.detach().flatten() for p in trainable]))
    assert objective.gradient(objective.parameters()).gradient.shape == (objective.size,)


def test_the_state_dict_at_theta_loads_into_the_model_with_tied_weights_and_buffers() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.norm, self.second = nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Linear(3, 3)
            self.second.weight = self.first.weight

        def forward(self, x: Tensor) -> Tensor:
            outputs: Tensor = self.second(self.norm(self.first(x)))
            return outputs

    model = Tied()
    objective = Objective(model, F.cross_entropy, torch.randn(4, 3), torch.randint(3, (4,)))
    theta = torch.randn(objective.size)
    state = objective.state_dict(theta)
    assert state["second.weight"].data_ptr() != theta.data_ptr()
    model.load_state_dict(state)
    assert torch.equal(objective.parameters(), theta)
    assert torch.equal(state["first.weight"], state["second.weight"])
    assert "norm.running_mean" in state


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_subset_is_the_mean_over_the_first_examples(case: Case) -> None:
    objective = case.objective(physical_batch=6)
    part = objective.subset(6)
    assert (part.examples, part.batches, objective.examples) == (6, 1, 10)
    targets = None if objective.targets is None else objective.targets[:6]
    expected = loss_of(case.loss, copy.deepcopy(objective.model), rows_of(objective.inputs, slice(6)), targets)
    torch.testing.assert_close(part.evaluate(part.parameters()).loss, expected.detach())
    assert objective.subset(1000).examples == 10
    assert objective.subset(5).batches == 1
    assert CASES[0].objective(physical_batch=4).subset(6).batches == 2


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_minibatch_is_the_mean_over_the_examples_that_were_drawn(case: Case) -> None:
    objective = case.objective()
    drawn = torch.tensor([7, 2, 2, 9])
    part = objective.select(drawn)
    assert (part.examples, part.batches) == (4, 1)
    inputs = objective.inputs
    inputs = inputs[drawn] if isinstance(inputs, Tensor) else {name: value[drawn] for name, value in inputs.items()}
    targets = None if objective.targets is None else objective.targets[drawn]
    model = copy.deepcopy(objective.model)
    loss = loss_of(case.loss, model, inputs, targets)
    loss.backward()
    result = part.gradient(part.parameters())
    torch.testing.assert_close(result.loss, loss.detach())
    expected = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
    torch.testing.assert_close(result.gradient, expected)


def test_a_minibatch_keeps_the_physical_batch_the_accuracy_and_the_report_of_progress() -> None:
    seen: list[tuple[int, int]] = []
    whole = CASES[0].objective()
    objective = Objective(
        whole.model,
        whole.loss,
        whole.inputs,
        whole.targets,
        accuracy=lambda outputs, _: torch.tensor(0.25),
        physical_batch=2,
        on_batch=lambda done, total: seen.append((done, total)),
    )
    part = objective.select(torch.arange(5))
    assert part.evaluate(part.parameters()).accuracy == 0.25
    assert seen == [(0, 3), (1, 3), (2, 3)]
    with pytest.raises(ValueError, match="at least one example"):
        objective.select(torch.arange(0))


def test_a_model_may_differentiate_by_its_inputs_to_compute_its_loss() -> None:
    """u' = cos and u(0) = 0 by a network: its loss has a graph even where nobody wants gradients."""

    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 1))

        def forward(self, x: Tensor) -> Tensor:
            with torch.enable_grad():
                x = x.clone().requires_grad_()
                (slope,) = torch.autograd.grad((x * self.net(x)).sum(), x, create_graph=True)
                return (slope - x.cos()).square().mean()

    objective = Objective(Residual().double(), None, torch.rand(9, 1, dtype=torch.float64), None, physical_batch=4)
    theta, h = objective.parameters(), 1e-6
    evaluation = objective.evaluate(theta)
    assert not evaluation.loss.requires_grad
    gradient = objective.gradient(theta).gradient
    along = torch.randn(objective.size, dtype=torch.float64)
    difference = objective.evaluate(theta + h * along).loss - objective.evaluate(theta - h * along).loss
    assert (gradient @ along).item() == pytest.approx(difference.item() / (2 * h), rel=1e-5)
    slopes = [objective.gradient(theta + sign * h * along).gradient for sign in (1, -1)]
    product = HessianOperator(objective, theta) @ along
    torch.testing.assert_close(product, (slopes[0] - slopes[1]) / (2 * h), rtol=1e-5, atol=1e-6)


def test_progress_is_reported_before_every_batch_and_may_abandon_the_pass() -> None:
    listener = Listener()
    objective = BATCH_NORM.objective(physical_batch=4, on_batch=listener)
    theta = objective.parameters()
    expected = objective.gradient(theta).gradient
    assert expected is not None
    seen: list[tuple[int, int]] = []

    class Abandon(Exception):
        pass

    def on_batch(done: int, total: int) -> None:
        seen.append((done, total))
        if len(seen) == 5:
            raise Abandon

    listener.target = on_batch
    before = copy.deepcopy(objective.model.state_dict())
    operator = HessianOperator(objective, theta)
    operator @ theta
    with pytest.raises(Abandon):
        operator @ theta
    assert seen == [(0, 3), (1, 3), (2, 3), (0, 3), (1, 3)]
    assert all(torch.equal(value, before[name]) for name, value in objective.model.state_dict().items())
    assert torch.equal(objective.gradient(theta).gradient, expected)


@pytest.mark.parametrize(
    ("returned", "error", "words"),
    [
        (lambda out, y: 3.5, TypeError, "returned_value must be a 0-d tensor.*3.5"),
        (lambda out, y: out.sum(1), TypeError, r"shape \(4,\)"),
        (lambda out, y: (out.argmax(1) == y).sum(), TypeError, "int64"),
        (lambda out, y: out.detach().mean(), ValueError, "does not depend on the parameters"),
    ],
)
def test_a_loss_that_returns_something_else_is_quoted(
    returned: FunctionType, error: type[Exception], words: str
) -> None:
    returned.__name__ = "returned_value"
    objective = Objective(mlp(nn.Tanh), returned, torch.randn(4, 5), torch.randint(3, (4,)))
    with pytest.raises(error, match=words):
        objective.gradient(objective.parameters())


@pytest.mark.parametrize(
    ("returned", "error", "words"),
    [
        (lambda self, x, y: self(x), TypeError, r"computed by the model Own must be a 0-d .* shape \(4, 3\)"),
        (lambda self, x, y: (self(x).sum(), 1), TypeError, "computed by the model Own must be a 0-d tensor.*, 1\\)"),
        (lambda self, x, y: {"loss": 2.0}, TypeError, "not 2.0"),
        (lambda self, x, y: self(x).sum().detach(), ValueError, "does not depend on the parameters"),
    ],
)
def test_a_model_that_returns_something_else_than_its_loss_is_quoted(
    returned: Callable[..., Any], error: type[Exception], words: str
) -> None:
    class Own(nn.Linear):
        def forward(self, x: Tensor, y: Tensor) -> Any:  # type: ignore[override]
            return returned(super().forward, x, y)

    objective = Objective(Own(5, 3), None, torch.randn(4, 5), torch.randint(3, (4,)))
    with pytest.raises(error, match=words):
        objective.gradient(objective.parameters())


def test_unusable_arguments_are_refused_with_the_value() -> None:
    inputs, targets = torch.randn(4, 5), torch.randint(3, (4,))
    model = mlp(nn.Tanh)
    with pytest.raises(ValueError, match="4 in the inputs, 3 in the targets"):
        Objective(model, F.cross_entropy, inputs, targets[:3])
    with pytest.raises(ValueError, match="4 in x, 2 in mask, 4 in the targets"):
        Objective(model, F.cross_entropy, {"x": inputs, "mask": inputs[:2]}, targets)
    with pytest.raises(ValueError, match="targets may be None only where the model computes its own loss"):
        Objective(model, F.cross_entropy, inputs, None)
    with pytest.raises(ValueError, match="'labels' twice"):
        Objective(model, None, {"x": inputs, "labels": targets}, targets)
    with pytest.raises(ValueError, match="at least one example"):
        Objective(model, None, {}, None)
    with pytest.raises(ValueError, match="at least one example"):
        Objective(model, F.cross_entropy, inputs[:0], targets[:0])
    with pytest.raises(ValueError, match="not 0"):
        Objective(model, F.cross_entropy, inputs, targets, physical_batch=0)
    with pytest.raises(ValueError, match="no trainable parameters"):
        Objective(nn.ReLU(), F.cross_entropy, inputs, targets)
    model[0].double()
    with pytest.raises(TypeError, match=r"float32 on cpu.*float64 on cpu"):
        Objective(model, F.cross_entropy, inputs, targets)


def test_the_papers_network_starts_where_it_was_seen_to_start(shared_data: Path) -> None:
    """3072-200-200-10 tanh, torch seed 0, cifar10-5k per pixel standardised in CHW order: loss .5968."""
    images = np.load(shared_data / "cifar10_5k_1k.npz")
    statistics = np.load(shared_data / "cifar10_pixel_stats.npz")
    pixels = (images["x_train"] / 255.0 - statistics["mean"]) / statistics["std"]
    inputs = torch.tensor(pixels.transpose(0, 3, 1, 2).reshape(5000, -1), dtype=torch.float32)
    torch.manual_seed(0)
    sizes = [3072, 200, 200, 10]
    layers = [layer for pair in pairwise(sizes) for layer in (nn.Linear(*pair), nn.Tanh())]
    targets = torch.tensor(images["y_train"], dtype=torch.long)
    objective = Objective(nn.Sequential(*layers[:-1]), half_squared_error, inputs, targets, physical_batch=2500)
    assert objective.evaluate(objective.parameters()).loss == pytest.approx(0.5968, abs=5e-5)


def test_evaluation_with_convolutions_is_the_same_on_a_shared_theta() -> None:
    """θ is a plain vector: nothing in the model remembers it."""
    objective = Objective(convolutional(nn.MaxPool2d), F.cross_entropy, torch.randn(6, 2, 4, 4), torch.randint(3, (6,)))
    here, there = objective.parameters(), torch.zeros(objective.size)
    first = objective.evaluate(here).loss
    assert objective.evaluate(there).loss == pytest.approx(math.log(3))
    assert torch.equal(objective.evaluate(here).loss, first)
