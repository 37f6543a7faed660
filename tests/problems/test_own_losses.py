"""Losses of a user's own, and the outputs and targets that a loss takes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from eostui.problems.accuracy import class_accuracy, sign_accuracy
from tests.problems.building import Own, build, complaint, initial_loss


@pytest.mark.parametrize("loss", ["mse", "logistic"])
def test_outputs_and_targets_may_be_one_number_for_each_example(own: Own, loss: str) -> None:
    model = own("def f(): return nn.Sequential(nn.Linear(4, 1), nn.Flatten(0))")
    problem = build(model, own("def f(): return torch.randn(6, 4), torch.tensor([1., -1.] * 3)"), loss)
    column = build(
        own("def f(): return nn.Sequential(nn.Linear(4, 1))"),
        own("def f(): return torch.randn(6, 4), torch.tensor([[1.], [-1.]] * 3)"),
        loss,
    )
    assert initial_loss(problem) == initial_loss(column)
    assert problem.accuracy is column.accuracy is sign_accuracy
    assert problem.outputs == 1


@pytest.mark.parametrize(
    ("x", "y", "layer"),
    [
        ("torch.randn(6, 1, 5, 7)", "(x[:, 0] > 0).long() + 2 * (x[:, 0] > 1).long()", "nn.Conv2d(1, 9, 1)"),
        ("torch.randn(6, 2, 5)", "(x[:, 0] > 0).long() + (x[:, 0] > 1).long()", "nn.Conv1d(2, 8, 1)"),
    ],
)
def test_classes_may_be_the_second_axis_as_convolutions_give_them(own: Own, x: str, y: str, layer: str) -> None:
    """More classes than the last axis is long, so that nobody can take that for the classes."""
    spec = own(f"def f():\n    x = {x}\n    return x, {y}")
    problem = build(own(f"def f(): return {layer}"), spec, "ce", dtype=torch.float64)
    x_, y_ = problem.dataset.x, problem.dataset.y
    assert isinstance(x_, Tensor)
    assert y_ is not None
    outputs = problem.model(x_)
    expected = torch.nn.functional.cross_entropy(outputs, y_)
    assert initial_loss(problem) == pytest.approx(expected.item(), rel=1e-12)
    assert problem.outputs == outputs.shape[1]
    assert problem.accuracy is class_accuracy
    right = (outputs.argmax(1) == y_).double().mean()
    assert problem.accuracy(outputs, y_).item() == pytest.approx(right.item())


MISSING = "def f():\n    x, y = torch.randn(5, 4), torch.randn(5, 2)\n    y[1:3] = torch.nan\n    return (x, y), (x, y)"


def test_targets_may_be_missing_where_the_loss_leaves_them_out(own: Own) -> None:
    """The second and third example have no target at all, of which no mean could be taken."""
    model, data = own("def f(): return nn.Linear(4, 2)"), own(MISSING)
    of_known = own("def f(outputs, y):\n    known = ~y.isnan()\n    return (outputs - y)[known].square().mean()")
    problem = build(model, data, of_known)
    assert 0 < initial_loss(problem) < 10
    of_all = own("def f(outputs, y): return (outputs - y).square().mean()")
    message = complaint(arch=model, data=data, loss=of_all)
    assert f"the loss {of_all} is nan, because 4 of the 10 numbers of y" in message
    assert "it must leave them out" in message
    assert "4 of the 10 numbers of y are NaN or infinite; a loss of your own may" in complaint(arch=model, data=data)


def test_a_loss_that_is_a_module_is_moved_to_the_dtype_of_the_run_and_complex_tensors_stay_complex(own: Own) -> None:
    loss = own(
        "class L(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.register_buffer('turn', torch.tensor([1j, -1j]))\n"
        "        self.scale = nn.Parameter(torch.ones(2), requires_grad=False)\n"
        "    def forward(self, outputs, y):\n"
        "        assert self.turn.dtype is outputs.dtype.to_complex()\n"
        "        assert self.scale.dtype is outputs.dtype\n"
        "        return (self.turn * self.scale * (outputs - y)).abs().square().mean()\n"
        "f = L()"
    )
    data = own("def f(): return torch.randn(5, 4), torch.randn(5, 2)")
    for dtype in (torch.float64, torch.float32):
        problem = build(own("def f(): return nn.Linear(4, 2)"), data, loss, dtype=dtype)
        assert initial_loss(problem) > 0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("def f(outputs, targets): return 1.0", "returned a float; it must return the mean loss, a scalar tensor"),
        ("def f(outputs, targets): return outputs.sum(1)", "a torch.float32 tensor of shape (2,); it must"),
        ("def f(outputs, targets): return outputs.detach().sum()", "does not depend on the weights of fc-tanh"),
        ("def f(outputs, targets): return (outputs - targets).sum()", "outputs of shape (2, 10) from fc-tanh"),
        ("def f(outputs): return outputs.sum()", "takes outputs; it must take (outputs, targets) and return the mean"),
        ("def f(): return nn.MSELoss()", "takes no arguments; it must take (outputs, targets)"),
        ("f = nn.MSELoss", "f is the class MSELoss, not an object of it: write `loss = MSELoss()`"),
        ("f = nn.PReLU()", "has a weight weight that would not be trained: put it into the model"),
    ],
)
def test_an_unsound_loss_is_quoted(own: Own, body: str, words: str) -> None:
    assert words in complaint(loss=own(body))


@pytest.mark.parametrize(
    ("y", "loss", "words"),
    [
        ("torch.tensor([0., 1., 2., 1., 0.])", "ce", "has numbers to regress on; write y.long() in the data"),
        ("torch.tensor([[0.], [1.], [1.], [1.], [0.]])", "logistic", "on; write y.long().squeeze(1) in the data"),
        ("torch.eye(3)[[0, 1, 2, 1, 0]]", "ce", "has numbers to regress on; write y.argmax(1) in the data if"),
        ("torch.eye(3)[[0, 1, 2, 1, 0]] - 0.5", "ce", "has numbers to regress on; give --loss mse"),
        ("torch.eye(3)[[0, 1, 2, 1, 0]].int()", "ce", "not (2, 3): write y.argmax(-1) in the data for one-hot rows"),
        (
            "torch.tensor([[0], [1], [2], [1], [0]])",
            "ce",
            "outputs (2, 3) have shape (2,), not (2, 1): write y.squeeze(1)",
        ),
        (
            "torch.tensor([[0], [1], [2], [1], [0]])",
            "mse",
            "outputs (2, 3) have shape (2,), not (2, 1): write y.squeeze(1)",
        ),
        ("torch.randn(5)", "mse", "outputs (2, 3) and targets (2,) must have the same shape"),
    ],
)
def test_class_numbers_in_another_form_are_told_the_right_one(own: Own, y: str, loss: str, words: str) -> None:
    data = own(f"def f(): return torch.randn(5, 4), {y}")
    assert words in complaint(arch=own("def f(): return nn.Linear(4, 3)"), data=data, loss=loss)


def test_a_shape_mismatch_names_the_shapes_of_outputs_and_targets(own: Own) -> None:
    message = complaint(
        arch=own("def f(): return nn.Linear(4, 3)"), data=own("def f(): return torch.ones(5, 4), torch.ones(5, 2)")
    )
    assert "outputs of shape (2, 3)" in message
    assert "targets of shape (2, 2)" in message
