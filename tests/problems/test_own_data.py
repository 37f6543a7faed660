"""What a user's function of data may return, and what is refused."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from eostui.problems.accuracy import class_accuracy, sign_accuracy
from tests.problems.building import Own, build, complaint, initial_loss

NAMED = "def forward(self, ids, weight, mask): return self.a(weight) + self.b(ids).sum(1)[:, :2] * mask[:, :1]"
SETS = "{'ids': torch.ones(5, 3).short(), 'weight': torch.randn(5, 4), 'mask': torch.ones(5, 3) > 0}"


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


def test_signs_in_one_column_are_two_classes(own: Own) -> None:
    model = own("def f(): return nn.Linear(4, 1)")
    signs = "torch.tensor([[1.], [-1.], [-1.]])"
    problem = build(model, own(f"def f(): return torch.randn(3, 4), {signs}"), "logistic")
    assert problem.dataset.classes == 2
    assert problem.accuracy is sign_accuracy
    numbers = build(model, own(f"def f(): return (torch.randn(3, 4), {signs}), (torch.randn(3, 4), 2 * {signs})"))
    assert numbers.dataset.classes is None
    assert numbers.accuracy is None


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
