"""What a user's function of a model may return, and what is refused."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.problems.building import Own, build, complaint, initial_loss


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


def test_a_class_of_a_network_without_arguments_is_a_function_that_returns_one(own: Own) -> None:
    model = own("class f(nn.Linear):\n    def __init__(self): super().__init__(4, 2)")
    data = own("def f(): return torch.randn(5, 4), torch.randn(5, 2)")
    assert initial_loss(build(model, data)) != initial_loss(build(model, data, seed=1))


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
