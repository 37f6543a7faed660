"""A user's own models, data and losses, sound and unsound."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from eostui.problems.accuracy import class_accuracy, sign_accuracy
from tests.problems.building import EXAMPLES, Own, build, complaint, initial_loss

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


def test_data_become_contiguous_so_that_a_model_may_say_view(own: Own) -> None:
    model = own.model("def forward(self, x): return self.a(x.view(len(x), -1))")
    pair = "torch.randn(2, 5, 2).permute(1, 2, 0), torch.randn(2, 5).T"
    for data in (f"{pair}", f"({pair}), ({pair})"):
        problem = build(model, own(f"def f(): return {data}"))
        assert problem.dataset.y is not None
        assert problem.dataset.y.is_contiguous()
    named = own.model("def forward(self, weight): return self.a(weight.view(len(weight), -1))")
    build(named, own("def f(): return {'weight': torch.randn(2, 5, 2).permute(1, 2, 0)}, torch.randn(2, 5).T"))


def test_masks_of_minus_infinity_come_by_name(own: Own) -> None:
    model = own.model("def forward(self, weight, scores): return self.a(weight * scores.softmax(1))")
    data = "{{'weight': torch.randn(5, 4), 'scores': torch.tensor([[0., 0., 0., {}]] * 5)}}, torch.randn(5, 2)"
    build(model, own(f"def f(): return {data.format('-torch.inf')}"))
    for other in ("torch.inf", "torch.nan"):
        message = complaint(arch=model, data=own(f"def f(): return {data.format(other)}"))
        assert "5 of the 20 numbers of x['scores'] are NaN or +inf" in message


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


def test_a_class_of_a_network_without_arguments_is_a_function_that_returns_one(own: Own) -> None:
    model = own("class f(nn.Linear):\n    def __init__(self): super().__init__(4, 2)")
    data = own("def f(): return torch.randn(5, 4), torch.randn(5, 2)")
    assert initial_loss(build(model, data)) != initial_loss(build(model, data, seed=1))


@pytest.mark.parametrize(
    "returned",
    [
        "x.numpy(), y.numpy()",
        "[x, y]",
        "TensorDataset(x, y)",
        "(x.numpy(), y.numpy()), [x, y]",
        "TensorDataset(x, y), TensorDataset(x, y)",
        "np.asfortranarray(x.numpy()), y.numpy().astype('>f8')",
        "np.broadcast_to(x.numpy(), (5, 4)), y.numpy()[::-1][::-1]",
        "x, nn.Linear(4, 2)(x) * 0 + y",
    ],
)
def test_data_may_come_as_arrays_lists_and_tensor_datasets(own: Own, returned: str) -> None:
    body = "import numpy as np\nfrom torch.utils.data import TensorDataset\ndef f():\n"
    body += "    x, y = torch.arange(20.).view(5, 4), torch.arange(10.).view(5, 2)\n"
    dataset = build(own("def f(): return nn.Linear(4, 2)"), own(f"{body}    return {returned}")).dataset
    assert isinstance(dataset.x, Tensor)
    assert torch.equal(dataset.x, torch.arange(20.0).view(5, 4))
    assert dataset.y is not None
    assert torch.equal(dataset.y, torch.arange(10.0).view(5, 2))
    assert not dataset.y.requires_grad


def test_arrays_come_by_name_too(own: Own) -> None:
    model = own.model("def forward(self, weight): return self.a(weight)")
    build(model, own("def f(): return {'weight': torch.ones(5, 4).numpy()}, torch.ones(5, 2).numpy()"))


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
    assert problem.model.get_buffer("2.num_batches_tracked").item() == 0
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
        (
            "def f(): return torch.ones(5, 4), torch.ones(5) > 0",
            "y is torch.bool; targets must be integer class numbers",
        ),
        ("def f(): return torch.ones(5, 4), torch.ones(5) > 0", "write y.long() for classes 0 and 1"),
        ("def f(): return 1.5, 2.5", "returned a tuple of 2 (float, float); it must return (x, y)"),
        ("def f(): return [1.5, 2.5], [0, 1]", "tuple of 2 ((float, float), (int, int)); it must return (x, y)"),
        (
            "def f(): return torch.ones(5, 4).numpy().astype(str), None",
            "returned a numpy array of <U32; it must have num",
        ),
        ("def f(): return torch.ones(5, 4).to_sparse(), torch.ones(5, 2)", "x is sparse or nested; write x.to_dense()"),
        ("def f(): return torch.ones(5, 0), torch.ones(5, 2)", "x has shape (5, 0), which has no numbers in it"),
        ("def f(): return torch.ones(5, 4), torch.ones(5, 0).int()", "y has shape (5, 0), which has no numbers in it"),
        (
            "def f(): return torch.utils.data.DataLoader([])",
            "returned a DataLoader; a run needs all examples at once: x, y = next(iter(DataLoader(loader.dataset",
        ),
        (
            "def f(): return torch.utils.data.ConcatDataset([[1, 2]]), 3",
            "a tuple of 2 (ConcatDataset, int); a run needs all examples at once: x, y = next(iter(DataLoader(dataset",
        ),
        (
            "f = (torch.ones(5, 4), torch.ones(5, 2))",
            "is of type tuple, it must be a function: write `def f(…): return",
        ),
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
        ("def f(n): return n", "is called without arguments, but takes n: give these defaults, or name a function"),
        ("def f(): return torch.ones(5, 4), torch.ones(5)", "must have targets (n, k)"),
        (
            "def f(): return torch.ones(5, 4), None",
            "it needs targets, but y is None; y may be None only with --loss model",
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
        (
            "f = nn.Linear(64, 10)",
            "f is a Linear, not a function that returns one: write `def f(): return …`, so that its",
        ),
        (
            "f = nn.Linear",
            "is called without arguments, but takes in_features: int, out_features: int, bias: bool = True",
        ),
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
        ("def forward(self, x, y): return y.float().mean()", "does not depend on its weights: look for a detach()"),
        ("def forward(self, x): return self.a(x).sum()", "as model(x, y), of shape (2, 4): TypeError: M.forward()"),
        ("def forward(self, x, y):\n        return self.a(x + missing)", ".py:9: NameError: name 'missing'"),
    ],
)
def test_a_model_that_does_not_compute_its_loss_is_quoted(own: Own, forward: str, words: str) -> None:
    data = own("def f(): return torch.ones(5, 4), torch.zeros(5).int()")
    assert words in complaint(arch=own.model(forward), data=data, loss="model")


def test_labels_that_would_be_given_twice_are_refused(own: Own) -> None:
    data = own("def f(): return {'labels': torch.ones(5, 4)}, torch.ones(5, 2)")
    assert "x also has 'labels'" in complaint(arch=own.model("pass"), data=data, loss="model")
    model = own.model("def forward(self, labels): return self.a(labels)")
    assert build(model, data).outputs == 2


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
