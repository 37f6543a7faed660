"""Networks as people bring them, in real runs: right numbers, or marked, or refused in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from eostui.problems.errors import ProblemError
from eostui.store import RunFile, Status
from eostui.trainer.plan import plan_run
from eostui.trainer.setup import set_up
from tests.curvature.own_derivatives import Applied, OnceSwish
from tests.e2e.conftest import Eostui

OWN = Path(__file__).resolve().parents[1] / "curvature" / "own_derivatives.py"

WRONG = f"""
import sys
import torch
sys.path.insert(0, {str(OWN.parent)!r})
from own_derivatives import Applied, OnceSwish

def model():
    return Applied(OnceSwish)

def data():
    x = torch.linspace(-2, 2, 48).view(12, 4).sin()
    return x, x[:, :2].cos()

def loss(outputs, targets):
    return torch.nn.functional.mse_loss(outputs, targets)
"""

NOISY = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.MultiheadAttention(8, 2, dropout=0.1, batch_first=True)
        self.n, self.r, self.o = nn.BatchNorm1d(8), nn.LSTM(8, 6, batch_first=True), nn.Linear(6, 2)

    def forward(self, x):
        h = self.a(x, x, x)[0] + x
        h = nn.functional.scaled_dot_product_attention(h, h, h)
        h = self.n(h.flatten(0, 1)).view_as(h)
        return self.o(nn.functional.dropout(self.r(h)[0][:, -1], 0.2, self.training))

def model():
    return Net()

def data():
    x = torch.randn(61, 5, 8)
    return x, (x[:, 0, 0] > 0).long()
"""

GRAPH = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(3, 6), nn.Linear(6, 2)
        self.register_buffer("links", torch.eye(20).roll(1, 0) + torch.eye(20))

    def forward(self, x):
        return self.b(self.links @ torch.tanh(self.a(self.links @ x)))

def model():
    return Net()

def data():
    x = torch.randn(20, 3)
    return x, (x[:, 0] > 0).long()
"""


def run(eostui: Eostui, code: str, name: str, *more: str) -> str:
    path = eostui.directory / f"{name.partition('-')[0]}.py"
    path.write_text(code)
    what = ("--arch", f"{path}:model", "--data", f"{path}:data", "--threads", "1", "--name", name)
    done = eostui("run", "--headless", *what, *more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def found(file: RunFile) -> list[str]:
    return [str(event.detail["text"]) for event in file.events() if event.kind == "check"]


def sharpness_by_differences() -> float:
    """Of the network in WRONG at its first weights: a dense matrix, by gradients that are right."""
    torch.manual_seed(0)
    model = Applied(OnceSwish).double()
    x = torch.linspace(-2, 2, 48).view(12, 4).sin().double()
    weights = list(model.parameters())
    first = torch.cat([p.detach().flatten() for p in weights])

    def gradient(theta: Tensor) -> Tensor:
        torch.nn.utils.vector_to_parameters(theta, weights)
        loss = torch.nn.functional.mse_loss(model(x), x[:, :2].cos())
        return torch.cat([g.flatten() for g in torch.autograd.grad(loss, weights)])

    rows = [(gradient(first + 1e-5 * e) - gradient(first - 1e-5 * e)) / 2e-5 for e in torch.eye(len(first)).double()]
    matrix = torch.stack(rows)
    return float(torch.linalg.eigvalsh((matrix + matrix.T) / 2)[-1])


def test_curvature_that_autograd_has_wrong_is_measured_by_differences_or_marked(eostui: Eostui) -> None:
    common = ("--loss", f"{eostui.directory / 'wrong.py'}:loss", "--lr", "0.1", "--steps", "2", "--eig-every", "1")
    said = run(eostui, WRONG, "wrong", *common, "--track", "gauss-newton,tracked,lowest", "--checkpoint-every", "1")
    assert "OnceSwish" in said
    truth = sharpness_by_differences()
    with eostui.open("wrong") as file:
        rows = file.read("hessian")
        assert (rows["certified"] == 1).all()
        assert abs(rows["eigenvalues"][0, 0] - truth) <= rows["errors"][0, 0] < 0.01 * truth
        assert np.isfinite(file.read("gauss_newton")["eigenvalues"]).all()
        assert np.isfinite(file.read("lowest")["eigenvalue"]).all()
        assert len(found(file)) == 1
        assert "by differences of gradients" in found(file)[0]
    said = run(eostui, WRONG, "wrong-marked", *common, "--products", "autograd", "--track", "none")
    assert "(not certified)" in said
    with eostui.open("wrong-marked") as file:
        rows = file.read("hessian")
        assert (rows["certified"] == 0).all()
        assert abs(rows["eigenvalues"][0, 0] - truth) > 10 * rows["errors"][0, 0]
        assert "no eigenvalue is certified" in found(file)[0]
    assert "not certified" in eostui("info", "wrong-marked").stdout
    assert "?" in next(line for line in eostui("ls").stdout.splitlines() if "wrong-marked" in line)


def test_measuring_changes_no_bit_of_a_training_with_random_numbers_norms_and_minibatches(eostui: Eostui) -> None:
    common = ("--loss", "ce", "--lr", "0.1", "--steps", "8", "--batch-size", "20", "--optimizer", "sgd")
    run(eostui, NOISY, "noisy-often", *common, "--eig-every", "2", "--track", "gauss-newton,tracked,batch-sharpness")
    with eostui.open("noisy-often") as file:
        losses = file.read("train")["loss"]
        assert len(file.read("hessian")["step"]) == 4
        assert found(file) == []
    assert np.array_equal(losses, _pressed(eostui, *common, "--graph-memory", "0"))
    assert len(set(losses)) == 8


def _pressed(eostui: Eostui, *common: str) -> NDArray[np.float64]:
    """The losses of a run at which somebody measures while it is paused, steps, and measures again."""
    path = eostui.directory / "noisy.py"
    what = ("--arch", f"{path}:model", "--data", f"{path}:data", "--threads", "1", "--name", "noisy-pressed")
    process = eostui.start("run", "--headless", "--paused", *what, *common, "--eig-every", "1000", "--track", "none")
    eostui.wait_for(lambda file: file.status() is Status.PAUSED, "noisy-pressed")
    for verb in ("measure", "step", "measure", "step", "step", "measure", "resume"):
        assert eostui("control", "noisy-pressed", verb).returncode == 0
    assert process.wait(90) == 0
    with eostui.open("noisy-pressed") as file:
        assert file.read("hessian")["step"].tolist() == [0, 1, 3]
        losses: NDArray[np.float64] = file.read("train")["loss"]
    return losses


def test_a_network_on_one_graph_runs_with_all_examples_and_is_not_divided(eostui: Eostui) -> None:
    run(eostui, GRAPH, "graph", "--loss", "ce", "--lr", "0.1", "--steps", "2")
    with eostui.open("graph") as file:
        assert np.isfinite(file.read("hessian")["eigenvalues"]).all()
        assert "all examples or none" in found(file)[0]
    path = eostui.directory / "graph.py"
    what = {"arch": f"{path}:model", "data": f"{path}:data", "loss": "ce", "optimizer": "sgd"}
    for setting in ("eig_samples", "batch_size", "physical_batch"):
        with pytest.raises(ProblemError) as refused:
            set_up(plan_run({**what, "batch_size": 20, setting: 7}), lambda _text, _fraction: None)
        assert f"--{setting.replace('_', '-')} 7 does not go with" in str(refused.value)
    assert "--physical-batch 20" in str(refused.value)


STATEFUL = """
import torch
from torch import nn

class Net(nn.Module):
    \"\"\"Normalises by its first batch, power iterations and a count of its calls; changes a few of its inputs.\"\"\"

    def __init__(self):
        super().__init__()
        self.scale, self.made, self.calls = nn.Parameter(torch.zeros(4)), False, 0
        self.a, self.n = nn.Linear(4, 6), nn.BatchNorm1d(6)
        self.b = nn.utils.parametrizations.spectral_norm(nn.Linear(6, 2))

    def forward(self, x):
        if not self.made:
            self.scale.data, self.made = x.std(0), True
        if self.training:
            self.calls += 1
        far = x.norm(dim=1) > 4
        x[far] = -x[far]
        return self.b(torch.tanh(self.n(self.a(x / self.scale)))) / (1 + 1e-4 * self.calls)

def model():
    return Net()

def data():
    x = torch.randn(300, 4)
    x[150] = 5
    return x, x[:, :2].sin()
"""


def test_what_a_model_keeps_is_moved_by_steps_alone(eostui: Eostui) -> None:
    common = ("--loss", "mse", "--lr", "0.05", "--steps", "15", "--track", "self-stabilization,tracked")
    losses = []
    for every in ("3", "13"):
        run(eostui, STATEFUL, f"stateful-{every}", *common, "--eig-every", every)
        with eostui.open(f"stateful-{every}") as file:
            losses.append(file.read("train")["loss"])
            assert (file.read("hessian")["certified"] == 0).all()  # power iterations are no derivative
            said = " ".join(found(file))
            assert np.isfinite(file.read("self_stabilization")["beta"]).all()
        for words in (
            "as attributes",
            "some of its inputs",
            "no eigenvalue is certified",
        ):
            assert words in said
    assert np.array_equal(losses[0], losses[1])


LATE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(3, 4), nn.Linear(4, 1)

    def forward(self, x):
        self.a.weight.data.clamp_(-0.7, 0.7)  # out of reach at first
        return self.b(self.a(x))

def model():
    return Net()

def data():
    x = torch.linspace(-1, 1, 60).reshape(20, 3)
    return x, 20 * x.sum(1, keepdim=True)
"""


def test_a_model_that_changes_its_own_weights_later_ends_the_run_with_their_name(eostui: Eostui) -> None:
    (eostui.directory / "late.py").write_text(LATE)
    what = ("--arch", "late.py:model", "--data", "late.py:data", "--loss", "mse", "--lr", "0.05")
    done = eostui("run", "--headless", *what, "--steps", "50", "--track", "none", "--name", "late")
    assert done.returncode == 1
    assert "the weight a.weight is not what was written into it" in done.stderr
    with eostui.open("late") as file:
        assert file.status() is Status.FAILED
        assert file.length("train") >= 1
