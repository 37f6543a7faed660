"""A user's own models, data and losses, sound and unsound."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from eostui.problems.accuracy import class_accuracy, sign_accuracy

from .building import EXAMPLES, Own, build, complaint, initial_loss

NAMED = "def forward(self, ids, weight, mask): return self.a(weight) + self.b(ids).sum(1)[:, :2] * mask[:, :1]"
SETS = "{'ids': torch.ones(5, 3).short(), 'weight': torch.randn(5, 4), 'mask': torch.ones(5, 3) > 0}"


@pytest.fixture
def own(tmp_path: Path) -> Own:
    return Own(tmp_path)


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


def test_own_model_data_and_loss_go_together(own: Own) -> None:
    problem = build(
        own("def f(): return nn.Linear(4, 3)"),
        own("def f(): return torch.ones(5, 4), torch.tensor([0, 1, 2, 0, 1], dtype=torch.int32)"),
        own("def f(outputs, targets): return nn.functional.cross_entropy(outputs, targets)"),
        dtype=torch.float64,
    )
    assert problem.outputs == 3
    assert problem.dataset.classes == 3
    assert problem.dataset.y is not None
    assert problem.dataset.y.dtype == torch.int64
    assert isinstance(problem.dataset.x, Tensor)
    assert problem.dataset.x.dtype == torch.float64
    assert problem.dataset.x_test is None


def test_a_dictionary_becomes_the_arguments_of_the_model_each_tensor_of_its_kind(own: Own) -> None:
    data = own(f"def f(): return ({SETS}, torch.ones(5).int()), ({SETS}, torch.zeros(5).int())")
    loss = own("def f(outputs, targets): return nn.functional.cross_entropy(outputs, targets)")
    for name in ("ce", loss):
        problem = build(own.model(NAMED), data, name, dtype=torch.float64)
        for x in (problem.dataset.x, problem.dataset.x_test):
            assert isinstance(x, dict)
            kinds = {"ids": torch.int64, "weight": torch.float64, "mask": torch.bool}
            assert {key: tensor.dtype for key, tensor in x.items()} == kinds
        assert problem.accuracy is class_accuracy


@pytest.mark.parametrize("returned", ["{}", "{{'loss': {}}}", "types.SimpleNamespace(loss={}, logits=None)"])
def test_a_model_may_return_its_loss_or_something_that_has_it(own: Own, returned: str) -> None:
    loss = returned.format("nn.functional.cross_entropy(self.a(x), y)")
    model = own.model(f"def forward(self, x, y):\n        import types\n        return {loss}")
    problem = build(model, own("def f(): return torch.ones(5, 4), torch.ones(5).int()"), "model")
    assert problem.loss is None
    assert problem.accuracy is None
    assert problem.dataset.classes == 2


def test_a_model_with_named_arguments_gets_the_targets_as_labels_or_finds_them_among_its_own(own: Own) -> None:
    model = own.model("def forward(self, weight, labels): return (self.a(weight) - labels).square().mean()")
    build(model, own("def f(): return {'weight': torch.ones(5, 4)}, torch.ones(5, 2)"), "model")
    problem = build(
        model, own("def f(): return {'weight': torch.ones(5, 4), 'labels': torch.ones(5, 2)}, None"), "model"
    )
    assert problem.dataset.y is None


def test_signs_in_one_column_are_two_classes(own: Own) -> None:
    model = own("def f(): return nn.Linear(4, 1)")
    signs = "torch.tensor([[1.], [-1.], [-1.]])"
    problem = build(model, own(f"def f(): return torch.randn(3, 4), {signs}"), "logistic")
    assert problem.dataset.classes == 2
    assert problem.accuracy is sign_accuracy
    numbers = build(model, own(f"def f(): return (torch.randn(3, 4), {signs}), (torch.randn(3, 4), 2 * {signs})"))
    assert numbers.dataset.classes is None
    assert numbers.accuracy is None


def test_positions_of_a_sequence_may_be_ignored(own: Own) -> None:
    data = own("def f(): return torch.ones(4, 2).int(), torch.tensor([[-100, 1], [0, 2], [-100, 1], [1, 1]])")
    problem = build(own("def f(): return nn.Sequential(nn.Embedding(2, 3))"), data, "ce")
    assert problem.dataset.classes == 3


def test_data_drawn_at_random_and_own_models_follow_the_seed(own: Own) -> None:
    names = (
        own("torch.rand(3)\ndef f(): return nn.Linear(4, 2)"),
        own("def f(): return torch.randn(5, 4), torch.randn(5, 2)"),
    )
    first, again, other = build(*names), build(*names), build(*names, seed=1)
    assert initial_loss(first) == initial_loss(again) != initial_loss(other)


def test_the_trial_leaves_running_statistics_and_seed_alone(own: Own) -> None:
    spec = own("def f(): return nn.Sequential(nn.Flatten(), nn.Linear(64, 10), nn.BatchNorm1d(10), nn.Dropout())")
    problem = build(spec)
    drawn = torch.rand(1)
    assert problem.model[2].num_batches_tracked.item() == 0  # type: ignore[index,operator]
    torch.manual_seed(0)
    torch.nn.Linear(64, 10)
    assert torch.equal(drawn, torch.rand(1))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("def f(): return torch.ones(5, 4), torch.ones(5, 2), 3", "a tuple of 3 (Tensor, Tensor, int); it must"),
        ("def f(): return (torch.ones(5, 4), 1), (torch.ones(2, 4), 2)", "a tuple of 2 ((Tensor, int), (Tensor"),
        ("def f(): return torch.ones(5, 4)", "returned a Tensor; it must return (x, y) or ((x, y), (x_test"),
        ("def f(): pass", "returned None; it must return (x, y)"),
        ("def f(): return {'a': torch.ones(5, 4)}", "returned a dict; it must return (x, y)"),
        ("def f(): return torch.ones(5, 4), torch.ones(6, 2)", "x has shape (5, 4) and y (6, 2); each needs one row"),
        ("def f(): return torch.ones(0, 4), torch.ones(0, 2)", "at least one"),
        ("def f(): return torch.ones(()), torch.ones(())", "x has shape () and y ()"),
        ("def f(): return torch.ones(5, 4) * 1j, torch.ones(5, 2)", "x is torch.complex64; inputs must be real"),
        ("def f(): return torch.ones(5, 4), torch.ones(5) > 0", "y is torch.bool"),
        ("def f(): return torch.ones(5, 4), torch.tensor([0, 1, -1, 0, 1])", "class number -1"),
        ("def f(): return torch.ones(5, 4), torch.tensor([0, 1, -100, 0, 1])", "class number -100"),
        ("def f(): return torch.ones(2, 4), -100 * torch.ones(2, 4).int()", "every position of y is -100"),
        ("def f(): return torch.full((5, 4), torch.nan), torch.ones(5, 2)", "20 of the 20 numbers of x are NaN"),
        ("def f(): return torch.ones(5, 4), torch.full((5, 2), torch.inf)", "10 of the 10 numbers of y are NaN"),
        (
            "def f(): return (torch.ones(5, 4), torch.ones(5, 2)), (torch.ones(3, 3), torch.ones(3, 2))",
            "x is (5, 4) for training and (3, 3) for testing",
        ),
        (
            "def f(): return (torch.ones(5, 4), torch.zeros(5).int()), (torch.ones(3, 4), torch.ones(3))",
            "y is torch.int64 for training and torch.float32 for testing; both must be",
        ),
        (
            "def f(): return (torch.ones(5, 4), torch.ones(5, 2)), (torch.ones(3, 4), None)",
            "training examples have x, y, test examples x; both must have the same",
        ),
        (
            "def f(): return (torch.ones(5, 4), torch.ones(5, 2)), (torch.ones(3, 4), torch.full((3, 2), torch.nan))",
            "6 of the 6 numbers of y_test are NaN",
        ),
        ("def f():\n    return 1 / 0", ".py:5: ZeroDivisionError: division by zero"),
        ("def f(n): return n", "called without arguments, failed: TypeError"),
        ("def f(): return torch.ones(5, 4), torch.ones(5)", "must have targets (n, k)"),
        (
            "def f(): return torch.ones(5, 4), None",
            "it needs targets, but y is None; that is for a model that computes",
        ),
    ],
)
def test_unsound_data_is_quoted(own: Own, body: str, words: str) -> None:
    assert words in complaint(data=own(body))


@pytest.mark.parametrize(
    ("x", "words"),
    [
        ("{}", "the dictionary x is empty"),
        ("{3: torch.ones(5, 4)}", "the dictionary x has the key 3; its keys must be names"),
        ("{'a': [1, 2, 3]}", "x['a'] is a list of 3 (int, int, int); it must be a tensor"),
        (
            "{'a': torch.ones(5, 4), 'b': torch.ones(4, 4)}",
            "x['a'] has shape (5, 4), x['b'] (4, 4) and y (5,); each needs one row",
        ),
        ("{'a': torch.ones(()), 'b': torch.ones(5)}", "x['a'] has shape (), x['b'] (5,) and y (5,)"),
        ("{'a': torch.full((5, 4), torch.nan)}", "20 of the 20 numbers of x['a'] are NaN"),
        ("{'a': torch.ones(5, 4) * 1j}", "x['a'] is torch.complex64"),
        (
            "{'weight': torch.ones(5, 4), 'size': torch.ones(5)}",
            "as model(weight=…, size=…), where x['weight'] has shape (2, 4) and x['size'] (2,): TypeError: "
            "M.forward() got an unexpected keyword argument 'size'",
        ),
        ("{'weight': torch.ones(5, 4)}", "as model(weight=…), where x['weight'] has shape (2, 4): TypeError: "),
    ],
)
def test_an_unsound_dictionary_is_quoted(own: Own, x: str, words: str) -> None:
    model = own.model("def forward(self, weight, mask): return self.a(weight)")
    assert words in complaint(arch=model, data=own(f"def f(): return {x}, torch.zeros(5).int()"))


def test_test_inputs_with_other_names_are_refused(own: Own) -> None:
    data = own(
        "def f(): return ({'a': torch.ones(5, 4)}, torch.ones(5, 2)), ({'b': torch.ones(5, 4)}, torch.ones(5, 2))"
    )
    words = "training examples have x['a'], y, test examples x['b'], y; both"
    assert words in complaint(arch=own.model("pass"), data=data)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("def f(): return 3", "returned an int; it must return a torch.nn.Module"),
        ("def f(): return nn.Linear", "returned the class Linear, not an object of it"),
        ("def f(): return nn.Flatten()", "the model (Flatten) has no trainable parameters"),
        ("def f(): return nn.Linear(5, 2)", "cannot take two examples of digits, of shape (2, 1, 8, 8): RuntimeError"),
        ("def f(): return nn.Sequential(nn.Flatten(), nn.Linear(64, 3))", "digits has 10 classes, but"),
        ("def f(): return nn.Sequential(nn.Flatten(0), nn.Linear(128, 10))", "the first axis must be the examples"),
    ],
)
def test_an_unsound_model_is_quoted(own: Own, body: str, words: str) -> None:
    assert words in complaint(arch=own(body))


@pytest.mark.parametrize(
    ("forward", "words"),
    [
        ("def forward(self, x): return x, self.a", "gave a tuple of 2 (Tensor, Linear) for two examples"),
        ("def forward(self, x):\n        return self.a(x) + missing", ".py:9: RuntimeError"),
    ],
)
def test_a_model_with_an_unsound_forward_is_quoted(own: Own, forward: str, words: str) -> None:
    assert words in complaint(arch=own.model(forward))


def test_integers_for_a_model_of_numbers_are_named_by_the_trial(own: Own) -> None:
    message = complaint(
        arch=own("def f(): return nn.Linear(4, 2)"),
        data=own("def f(): return torch.ones(5, 4).int(), torch.ones(5, 2)"),
    )
    assert "cannot take two examples of" in message
    assert "of shape (2, 4) and torch.int64: RuntimeError" in message


@pytest.mark.parametrize(
    ("forward", "words"),
    [
        ("def forward(self, x, y): return self.a(x)", "returned a torch.float32 tensor of shape (2, 2); with --loss"),
        ("def forward(self, x, y): return self.a(x), y", "returned a tuple of 2 (Tensor, Tensor); with --loss model"),
        (
            "def forward(self, x, y): return {'loss': 1.5}",
            "returned a float; with --loss model it must return the mean",
        ),
        ("def forward(self, x, y): return {'logits': y}", "returned a dict; with --loss model it must return the mean"),
        ("def forward(self, x, y): return y.float().mean()", "does not depend on its weights: is something detached?"),
        ("def forward(self, x): return self.a(x).sum()", "as model(x, y), of shape (2, 4): TypeError: M.forward()"),
        ("def forward(self, x, y):\n        return self.a(x + missing)", ".py:9: NameError: name 'missing'"),
    ],
)
def test_a_model_that_does_not_compute_its_loss_is_quoted(own: Own, forward: str, words: str) -> None:
    data = own("def f(): return torch.ones(5, 4), torch.zeros(5).int()")
    assert words in complaint(arch=own.model(forward), data=data, loss="model")


def test_labels_that_would_be_given_twice_are_refused(own: Own) -> None:
    data = own("def f(): return {'labels': torch.ones(5, 4)}, torch.ones(5, 2)")
    assert "x has 'labels' too" in complaint(arch=own.model("pass"), data=data, loss="model")
    model = own.model("def forward(self, labels): return self.a(labels)")
    assert build(model, data).outputs == 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("def f(outputs, targets): return 1.0", "returned a float; it must return the mean loss, a scalar tensor"),
        ("def f(outputs, targets): return outputs.sum(1)", "a torch.float32 tensor of shape (2,); it must"),
        ("def f(outputs, targets): return outputs.detach().sum()", "does not depend on the weights of fc-tanh"),
        ("def f(outputs, targets): return (outputs - targets).sum()", "outputs of shape (2, 10) from fc-tanh"),
        ("def f(outputs): return outputs.sum()", "TypeError"),
    ],
)
def test_an_unsound_loss_is_quoted(own: Own, body: str, words: str) -> None:
    assert words in complaint(loss=own(body))


def test_a_shape_mismatch_names_the_shapes_of_outputs_and_targets(own: Own) -> None:
    message = complaint(
        arch=own("def f(): return nn.Linear(4, 3)"), data=own("def f(): return torch.ones(5, 4), torch.ones(5, 2)")
    )
    assert "outputs of shape (2, 3)" in message
    assert "targets of shape (2, 2)" in message
