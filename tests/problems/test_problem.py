"""Putting a problem together, from names and from a user's own functions, sound and unsound."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from eostui.problems.errors import ProblemError
from eostui.problems.problem import Problem, build_problem

OWN_CLASS = """class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(2, 2)
"""
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def build(
    arch: str = "fc-tanh",
    data: str = "digits",
    loss: str = "mse",
    *,
    seed: int = 0,
    data_dir: Path = Path("nowhere"),
    dtype: torch.dtype = torch.float32,
) -> Problem:
    return build_problem(
        arch=arch,
        data=data,
        loss=loss,
        seed=seed,
        data_dir=data_dir,
        dtype=dtype,
        device=torch.device("cpu"),
        progress=lambda _text, _fraction: None,
    )


def initial_loss(problem: Problem) -> float:
    with torch.no_grad():
        return problem.loss(problem.model(problem.dataset.x), problem.dataset.y).item()


class Own:
    """A user's file in the making."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = 0

    def __call__(self, body: str) -> str:
        """The path of a function `f` whose definition is `body`; it may use torch and nn."""
        self.files += 1
        path = self.folder / f"own_{self.files}.py"
        path.write_text(f"import torch\nfrom torch import nn\n\n{body}\n")
        return f"{path}:f"


@pytest.fixture
def own(tmp_path: Path) -> Own:
    return Own(tmp_path)


def complaint(**names: str) -> str:
    with pytest.raises(ProblemError) as caught:
        build(**names)  # type: ignore[arg-type]
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_seed_0_of_fc_tanh_on_cifar10_5k_starts_at_the_published_loss(shared_data: Path, dtype: torch.dtype) -> None:
    problem = build(data="cifar10-5k", data_dir=shared_data, dtype=dtype)
    assert initial_loss(problem) == pytest.approx(0.5968, abs=5e-5)
    assert problem.outputs == 10
    assert problem.dataset.x.dtype == dtype
    assert next(problem.model.parameters()).dtype == dtype


def test_a_seed_decides_the_weights() -> None:
    assert initial_loss(build(seed=3)) == initial_loss(build(seed=3))
    assert initial_loss(build(seed=3)) != initial_loss(build(seed=4))


def test_the_example_is_the_papers_network_with_its_initial_sharpness() -> None:
    problem = build(f"{EXAMPLES}/own_model.py:model", f"{EXAMPLES}/own_data.py:chebyshev", dtype=torch.float64)
    weights = list(problem.model.parameters())
    loss = problem.loss(problem.model(problem.dataset.x), problem.dataset.y)
    gradient = torch.cat([g.flatten() for g in torch.autograd.grad(loss, weights, create_graph=True)])
    rows = [torch.autograd.grad(g, weights, retain_graph=True, materialize_grads=True) for g in gradient]
    hessian = torch.stack([torch.cat([part.flatten() for part in row]) for row in rows])
    assert torch.linalg.eigvalsh(hessian)[-1].item() == pytest.approx(4.03, abs=0.01)
    assert problem.dataset.x_test is not None
    assert problem.dataset.classes is None


def test_the_example_loss_trains_on_the_digits() -> None:
    assert 2.0 < initial_loss(build(loss=f"{EXAMPLES}/own_loss.py:label_smoothing")) < 2.6


def test_own_model_data_and_loss_go_together(own: Own) -> None:
    problem = build(
        own("def f(): return nn.Linear(4, 3)"),
        own("def f(): return torch.ones(5, 4), torch.tensor([0, 1, 2, 0, 1], dtype=torch.int32)"),
        own("def f(outputs, targets): return nn.functional.cross_entropy(outputs, targets)"),
        dtype=torch.float64,
    )
    assert problem.outputs == 3
    assert problem.dataset.classes == 3
    assert problem.dataset.y.dtype == torch.int64
    assert problem.dataset.x.dtype == torch.float64
    assert problem.dataset.x_test is None


def test_data_drawn_at_random_and_own_models_follow_the_seed(own: Own) -> None:
    names = (
        own("torch.rand(3)\ndef f(): return nn.Linear(4, 2)"),
        own("def f(): return torch.randn(5, 4), torch.randn(5, 2)"),
    )
    first, again, other = build(*names), build(*names), build(*names, seed=1)
    assert initial_loss(first) == initial_loss(again) != initial_loss(other)


def test_a_network_of_the_catalogue_fits_numbers_too(own: Own) -> None:
    assert build(data=own("def f(): return torch.randn(5, 4), torch.randn(5, 3)")).outputs == 3


def test_the_trial_leaves_running_statistics_and_seed_alone(own: Own) -> None:
    spec = own("def f(): return nn.Sequential(nn.Flatten(), nn.Linear(64, 10), nn.BatchNorm1d(10), nn.Dropout())")
    problem = build(spec)
    drawn = torch.rand(1)
    assert problem.model[2].num_batches_tracked.item() == 0  # type: ignore[index]
    torch.manual_seed(0)
    torch.nn.Linear(64, 10)
    assert torch.equal(drawn, torch.rand(1))


@pytest.mark.parametrize(
    ("kind", "name", "nearest"),
    [
        ("arch", "fc-tan", "fc-tanh"),
        ("arch", "resnet", "resnet32"),
        ("data", "cifar-10-5k", "cifar10-5k"),
        ("loss", "msee", "mse"),
    ],
)
def test_an_unknown_name_lists_the_nearest(kind: str, name: str, nearest: str) -> None:
    message = complaint(**{kind: name})
    assert repr(name) in message
    assert nearest in message.split("did you mean")[1].split("?")[0]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("def f(): return torch.ones(5, 4), torch.ones(5, 2), 3", "a tuple of 3 (Tensor, Tensor, int); it must"),
        ("def f(): return (torch.ones(5, 4), 1), (torch.ones(2, 4), 2)", "a tuple of 2 ((Tensor, int), (Tensor"),
        ("def f(): return torch.ones(5, 4)", "returned a Tensor; it must return (x, y) or ((x, y), (x_test"),
        ("def f(): pass", "returned None; it must return (x, y)"),
        ("def f(): return torch.ones(5, 4), torch.ones(6, 2)", "x has shape (5, 4) and y (6, 2)"),
        ("def f(): return torch.ones(0, 4), torch.ones(0, 2)", "at least one"),
        ("def f(): return torch.ones(5, 4).int(), torch.ones(5, 2)", "x is torch.int32"),
        ("def f(): return torch.ones(5, 4), torch.ones(5) > 0", "y is torch.bool"),
        ("def f(): return torch.ones(5, 4), torch.tensor([0, 1, -1, 0, 1])", "class number -1"),
        ("def f(): return torch.full((5, 4), torch.nan), torch.ones(5, 2)", "20 of the 20 numbers of x are NaN"),
        ("def f(): return torch.ones(5, 4), torch.full((5, 2), torch.inf)", "10 of the 10 numbers of y are NaN"),
        (
            "def f(): return (torch.ones(5, 4), torch.ones(5, 2)), (torch.ones(3, 3), torch.ones(3, 2))",
            "x is (5, 4) and x_test (3, 3)",
        ),
        (
            "def f(): return (torch.ones(5, 4), torch.zeros(5).int()), (torch.ones(3, 4), torch.ones(3))",
            "both must be classes or both numbers",
        ),
        ("def f():\n    return 1 / 0", ".py:5: ZeroDivisionError: division by zero"),
        ("def f(n): return n", "called without arguments, failed: TypeError"),
        ("def f(): return torch.ones(5, 4), torch.ones(5)", "must have targets (n, k)"),
    ],
)
def test_unsound_data_is_quoted(own: Own, body: str, words: str) -> None:
    assert words in complaint(data=own(body))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("def f(): return 3", "returned an int; it must return a torch.nn.Module"),
        ("def f(): return nn.Linear", "returned the class Linear, not an object of it"),
        ("def f(): return nn.Flatten()", "the model (Flatten) has no trainable parameters"),
        ("def f(): return nn.Linear(5, 2)", "cannot take two examples of digits, of shape (2, 1, 8, 8): RuntimeError"),
        ("def f(): return nn.Sequential(nn.Flatten(), nn.Linear(64, 3))", "digits has 10 classes, but"),
        ("def f(): return nn.Sequential(nn.Flatten(0), nn.Linear(128, 10))", "the first axis must be the examples"),
        (
            OWN_CLASS + "    def forward(self, x): return x, self.a\ndef f(): return M()",
            "gave a tuple of 2 (Tensor, Linear) for two examples",
        ),
        (
            OWN_CLASS + "    def forward(self, x):\n        return self.a(x) + missing\ndef f(): return M()",
            ".py:9: RuntimeError",
        ),
    ],
)
def test_an_unsound_model_is_quoted(own: Own, body: str, words: str) -> None:
    assert words in complaint(arch=own(body))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("def f(outputs, targets): return 1.0", "returned a float; it must return a scalar tensor"),
        ("def f(outputs, targets): return outputs.sum(1)", "a torch.float32 tensor of shape (2,); it must"),
        ("def f(outputs, targets): return outputs.detach().sum()", "does not depend on the weights"),
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


def test_a_network_for_images_refuses_other_data(own: Own) -> None:
    data = own("def f(): return torch.randn(5, 20), torch.randn(5, 3)")
    assert "those of this data set have shape (20,)" in complaint(arch="resnet32", data=data)
