"""Networks of a user's own that are more than a function of two examples: wrapped, lazy, on a graph, with two heads."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from eostui.curvature.operators.hessian import HessianOperator
from eostui.objective.objective import Objective
from eostui.problems.problem import Problem
from eostui.problems.written_out import write_out
from tests.problems.building import Own, build, complaint, to_train_on

DATA = "def data():\n    x = torch.randn(30, 4)\n    return x, x[:, :1].sin()\n"


def problem(folder: Path, code: str, *, data: str = DATA, loss: str = "mse") -> Problem:
    file = Own(folder)(data + code).rpartition(":")[0]
    loss = loss if loss in ("mse", "ce", "model") else f"{file}:{loss}"
    return build(f"{file}:model", f"{file}:data", loss)


def refused(folder: Path, code: str, *, data: str = DATA, loss: str = "mse") -> str:
    (folder / "other").mkdir()  # a file is loaded once
    file = Own(folder / "other")(data + code).rpartition(":")[0]
    return complaint(arch=f"{file}:model", data=f"{file}:data", loss=loss)


PLAIN = "def plain(): return nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 1))\n"


@pytest.mark.parametrize("wrapper", ["torch.compile", "nn.DataParallel"])
def test_what_is_wrapped_is_taken_out(tmp_path: Path, wrapper: str) -> None:
    made = problem(tmp_path, PLAIN + f"def model(): return {wrapper}(plain())")
    assert type(made.model) is nn.Sequential
    torch.manual_seed(0)
    assert torch.equal(made.model.get_parameter("0.weight"), nn.Linear(4, 5).weight)


def test_lazy_modules_get_the_weights_that_they_would_have_had(tmp_path: Path) -> None:
    lazy = problem(tmp_path, "def model(): return nn.Sequential(nn.LazyLinear(5), nn.Tanh(), nn.LazyLinear(1))")
    torch.manual_seed(0)
    assert torch.equal(lazy.model.get_parameter("0.weight"), nn.Linear(4, 5).weight)


ACT_NORM = """
class ActNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.shift, self.made = nn.Parameter(torch.zeros(4)), False

    def forward(self, x):
        if not self.made:
            self.shift.data, self.made = -x.mean(0).detach(), True
        return x + self.shift

def model(): return nn.Sequential(ActNorm(), nn.Linear(4, 1))
"""


def test_a_model_that_makes_its_first_weights_of_the_data_sees_all_of_them(tmp_path: Path) -> None:
    made = problem(tmp_path, ACT_NORM)
    x, _ = to_train_on(made.dataset)
    torch.testing.assert_close(made.model.get_parameter("0.shift").detach(), -x.mean(0))


def test_a_network_on_one_graph_takes_all_examples_or_none(tmp_path: Path) -> None:
    code = """
class Graph(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 1)
        self.register_buffer("links", torch.eye(30).roll(1, 0))

    def forward(self, x):
        return self.links @ self.a(x)

def model(): return Graph()
"""
    made = problem(tmp_path, code)
    assert not made.divisible
    assert made.findings.reduction == "neither"
    assert "cannot take two examples" in refused(tmp_path, code.replace("30", "31"))


def test_more_than_one_output_goes_to_a_loss_of_ones_own_and_to_no_other(tmp_path: Path) -> None:
    code = """
class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 1), nn.Linear(4, 1)

    def forward(self, x):
        return {"a": self.a(x), "b": (self.b(x),)}

def model(): return Two()
def loss(out, y): return (out["a"] - y).square().mean() + (out["b"][0] - y).square().mean()
"""
    made = problem(tmp_path, code, loss="loss")
    assert (made.outputs, made.accuracy, made.findings.reduction) == (0, None, "mean")
    assert "unless you give a loss that takes more" in refused(tmp_path, code)


def test_transforms_in_a_network_may_have_their_graph_kept_or_not(tmp_path: Path) -> None:
    """torch.func allows no counting of what a graph keeps."""
    code = """
from torch.func import vmap, jacrev

class Laplacian(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 1))

    def forward(self, x, y):
        second = vmap(jacrev(jacrev(lambda z: self.f(z)[0])))(x)
        return (second.diagonal(dim1=1, dim2=2).sum(1, keepdim=True) - y).square().mean()

def model(): return Laplacian().double()
"""
    made = problem(tmp_path, code, loss="model")
    x, y = to_train_on(made.dataset)
    objective = Objective(made.model.double(), None, x.double(), y.double())
    theta, v = objective.parameters(), torch.randn(objective.size, dtype=torch.float64)
    with HessianOperator(objective, theta) as hessian:
        product = hessian @ v
        assert hessian.graph_size() == math.inf
    above, below = (objective.gradient(theta + sign * 1e-5 * v).gradient for sign in (1, -1))
    torch.testing.assert_close(product, (above - below) / 2e-5, rtol=1e-5, atol=1e-7)


@pytest.mark.filterwarnings("ignore:.*weight_norm. is deprecated")
@pytest.mark.parametrize("dim", [0, 1, None])
@pytest.mark.parametrize("normalize", [parametrizations.weight_norm, nn.utils.weight_norm])
def test_weight_normalisation_is_written_out_and_has_its_second_derivative(
    normalize: Callable[..., nn.Module], dim: int | None
) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(normalize(nn.Linear(4, 5), dim=dim), nn.Tanh(), nn.Linear(5, 1)).double()
    x, y = torch.randn(9, 4, dtype=torch.float64), torch.randn(9, 1, dtype=torch.float64)
    before = model(x)
    write_out(model)
    torch.testing.assert_close(model(x), before)
    objective = Objective(model, nn.functional.mse_loss, x, y)
    theta, v = objective.parameters(), torch.randn(objective.size, dtype=torch.float64)
    above, below = (objective.gradient(theta + sign * 1e-5 * v).gradient for sign in (1, -1))
    difference = (above - below) / 2e-5
    torch.testing.assert_close(HessianOperator(objective, theta) @ v, difference, rtol=1e-6, atol=1e-8)
