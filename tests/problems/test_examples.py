"""The examples of own models, data and losses train as they say."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from eostui.problems.accuracy import class_accuracy, sign_accuracy
from tests.problems.building import EXAMPLES, build, initial_loss


def test_the_example_is_the_papers_network_with_its_initial_sharpness() -> None:
    problem = build(f"{EXAMPLES}/own_model.py:model", f"{EXAMPLES}/own_data.py:chebyshev", dtype=torch.float64)
    assert problem.loss is not None
    assert problem.dataset.y is not None
    weights = list(problem.model.parameters())
    loss = problem.loss(problem.model(problem.dataset.x), problem.dataset.y)
    gradient = torch.cat([g.flatten() for g in torch.autograd.grad(loss, weights, create_graph=True)])
    rows = [torch.autograd.grad(g, weights, retain_graph=True, materialize_grads=True) for g in gradient]
    hessian = torch.stack([torch.cat([part.flatten() for part in row]) for row in rows])
    assert torch.linalg.eigvalsh(hessian)[-1].item() == pytest.approx(4.03, abs=0.01)
    assert problem.dataset.x_test is not None
    assert problem.dataset.classes is None
    assert problem.accuracy is None


def test_the_example_loss_trains_on_the_digits() -> None:
    problem = build(loss=f"{EXAMPLES}/own_loss.py:label_smoothing")
    assert 2.0 < initial_loss(problem) < 2.6
    assert problem.accuracy is class_accuracy


def test_the_example_with_a_dictionary_does_not_see_the_padding() -> None:
    spec = f"{EXAMPLES}/own_dictionary.py"
    problem = build(f"{spec}:model", f"{spec}:clouds", "logistic")
    x = problem.dataset.x
    assert not isinstance(x, Tensor)
    assert problem.accuracy is sign_accuracy
    moved = torch.where(x["present"].unsqueeze(2), x["points"], 7.0)
    torch.testing.assert_close(problem.model(points=moved, present=x["present"]), problem.model(**x))


def test_the_example_with_tokens_predicts_its_own_text() -> None:
    spec = f"{EXAMPLES}/own_tokens.py"
    problem = build(f"{spec}:model", f"{spec}:text", "ce")
    x, y = problem.dataset.x, problem.dataset.y
    assert isinstance(x, Tensor)
    assert y is not None
    assert torch.equal(x[:, 1:], y[:, :-1])
    assert problem.accuracy is class_accuracy
    changed = x.clone()
    changed[:, 20:] = 0
    assert torch.equal(problem.model(changed)[:, :20], problem.model(x)[:, :20])


def test_the_example_that_computes_its_loss_is_0_for_the_solution() -> None:
    spec = f"{EXAMPLES}/own_model_loss.py"
    problem = build(f"{spec}:model", f"{spec}:points", "model", dtype=torch.float64)
    assert (problem.loss, problem.accuracy, problem.dataset.y, problem.outputs) == (None, None, None, 0)

    class Solution(torch.nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.sin(torch.pi * x) / (x * (1 - x))

    problem.model.network = Solution()
    inside = torch.linspace(0.1, 0.9, 20, dtype=torch.float64).unsqueeze(1)
    assert problem.model(inside).item() == pytest.approx(0, abs=1e-18)
