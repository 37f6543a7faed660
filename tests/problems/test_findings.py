"""The check before a run: what a few examples tell of a model, its loss and its data."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from eostui.objective.passes import Moved
from eostui.problems.dataset import Dataset
from eostui.problems.errors import ProblemError
from eostui.problems.findings import Findings, check_problem
from tests.problems.building import Own, build, to_train_on


def numbers(examples: int = 40) -> Dataset:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(examples, 4, generator=generator)
    return Dataset(x, x[:, :2].sin(), None, None, None, "drawn")


def classes(examples: int = 40, ignored: int | None = None) -> Dataset:
    x, _ = to_train_on(numbers(examples))
    y = (x[:, 0] > 0.3).long() + (x[:, 1] > 0.5).long()
    if ignored is not None:
        y[::3] = ignored
    return Dataset(x, y, None, None, 3, "drawn")


class Net(nn.Module):
    """Two layers, and what a test does to their input."""

    seen: Tensor

    def __init__(self, change: Callable[[Net, Tensor], Tensor] = lambda _, x: x, outputs: int = 2) -> None:
        super().__init__()
        self.change = change
        self.inner, self.outer = nn.Linear(4, 8), nn.Linear(8, outputs)
        self.register_buffer("seen", torch.zeros(()))
        self.hidden = [self.seen]
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.outer(torch.tanh(self.inner(self.change(self, x))))
        return outputs


def found(
    model: nn.Module,
    dataset: Dataset,
    loss: Callable[[Any, Any], Tensor] | None = F.mse_loss,
    *,
    divisible: bool = True,
) -> Findings:
    before = {name: value.clone() for name, value in model.state_dict().items()}
    examples = dataset.x.clone() if isinstance(dataset.x, Tensor) else None
    findings = check_problem(model, loss, dataset, divisible=True, arch="the net", data="the data", loss="the loss")
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert all(p.grad is None for p in model.parameters())
    if isinstance(dataset.x, Tensor) and examples is not None:
        assert torch.equal(dataset.x, examples)
    return findings


def refusal(model: nn.Module, dataset: Dataset | None = None) -> str:
    with pytest.raises(ProblemError) as caught:
        found(model, dataset or numbers())
    return str(caught.value)


def test_an_ordinary_problem_has_nothing_to_tell() -> None:
    assert found(Net(), numbers()) == Findings()
    norm = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.ReLU(), nn.Linear(8, 2))
    assert found(norm, numbers()) == Findings()


def in_place(_: Net, x: Tensor) -> Tensor:
    return x.mul_(0.5)


def first_column(_: Net, x: Tensor) -> Tensor:
    x.data[:, 0] = 0  # autograd does not count this
    return x


def by_numpy(_: Net, x: Tensor) -> Tensor:
    x.numpy()[:] *= 0.5
    return x


@pytest.mark.parametrize("change", [in_place, first_column, by_numpy])
def test_a_model_that_changes_its_inputs_gets_copies(change: Callable[[Net, Tensor], Tensor]) -> None:
    findings = found(Net(change), numbers())
    assert findings.copies
    assert "in place" in findings.notes[0]


def test_a_loss_that_changes_its_targets_gets_copies() -> None:
    assert found(Net(), numbers(), lambda out, y: (out - y.clamp_(-0.1, 0.1)).square().mean()).copies


@pytest.mark.parametrize("draw", [random.random, np.random.random])
def test_numbers_of_python_and_numpy_are_seeded_for_each_step(draw: Callable[[], float]) -> None:
    findings = found(Net(lambda _, x: x * draw()), numbers())
    assert findings.everywhere
    assert findings.repeatable

    class OwnLoss(Net):
        def forward(self, x: Tensor, y: Tensor) -> Tensor:  # type: ignore[override]
            return (super().forward(x) * (1 + draw()) - y).square().mean()

    assert found(OwnLoss(), numbers(), None).reduction == "mean"
    assert "random numbers" in findings.notes[0]


def test_numbers_from_a_generator_of_its_own_and_counters_make_the_loss_no_function() -> None:
    own = np.random.default_rng(0)

    calls: list[int] = []

    def counting(_: Net, x: Tensor) -> Tensor:
        calls.append(1)
        return x * (1 + 1e-6 * len(calls))

    for change in (lambda _, x: x * own.random(), counting):
        findings = found(Net(change), numbers())
        assert not findings.repeatable
        assert not findings.everywhere
        assert "no eigenvalue is certified" in findings.notes[0]


def test_state_that_a_pass_moves_is_moved_by_training_steps_alone() -> None:
    def counting(net: Net, x: Tensor) -> Tensor:
        net.calls += 1
        return x / (1 + 1e-5 * net.calls)

    model = Net(counting)
    findings = found(model, numbers())
    assert findings.moved == Moved.BUFFERS | Moved.ATTRIBUTES
    assert findings.repeatable
    assert model.calls == 0

    class Student(Net):
        def __init__(self) -> None:
            super().__init__()
            self.teacher = nn.Parameter(torch.zeros(8, 4), requires_grad=False)

        def forward(self, x: Tensor) -> Tensor:
            self.teacher.data.lerp_(self.inner.weight.data, 0.1)
            return super().forward(x + x @ self.teacher.T @ self.teacher)

    assert found(Student(), numbers()).moved == Moved.BUFFERS | Moved.FROZEN


def test_a_gradient_that_is_not_finite_is_refused_with_its_weight() -> None:
    said = refusal(Net(lambda net, x: x + torch.where(x > 9, (net.inner.bias[:4] * 0).sqrt(), x)))
    assert "the gradient by inner.bias is NaN" in said


def test_a_model_that_takes_gradients_itself_is_known_to(tmp_path: Path) -> None:
    class Slope(Net):
        def forward(self, x: Tensor) -> Tensor:
            x = x.clone().requires_grad_()
            return torch.autograd.grad(super().forward(x).sin().sum(), x, create_graph=True)[0][:, :2]

    assert found(Slope(), numbers()) == Findings(differentiates=True)


def test_weights_that_do_not_stay_what_they_are_told_are_refused_by_name() -> None:
    def clipped(net: Net, x: Tensor) -> Tensor:
        net.inner.weight.data.clamp_(-0.01, 0.01)
        return x

    assert "the weight inner.weight is not what was written into it" in refusal(Net(clipped))
    shared = Net(outputs=8)
    shared.outer = nn.Linear(8, 8)
    shared.inner = nn.Linear(8, 8)
    shared.outer.weight.data = shared.inner.weight.data
    x = torch.randn(20, 8)
    assert "shares its memory" in refusal(shared, Dataset(x, x, None, None, None, "drawn"))


def test_a_buffer_that_is_changed_behind_its_modules_back_is_refused_by_name() -> None:
    def counting(net: Net, x: Tensor) -> Tensor:
        net.hidden[0] += 1
        return x

    assert "the buffer seen" in refusal(Net(counting))


def test_a_gradient_that_only_backward_has_is_refused() -> None:
    model = Net()

    def halve(p: Tensor) -> None:
        assert p.grad is not None
        p.grad *= 0.5

    model.inner.weight.register_post_accumulate_grad_hook(halve)
    assert "is not what backward() leaves" in refusal(model)
    hooked = Net()
    hooked.inner.weight.register_hook(lambda g: 2 * g)  # a hook that both ways see
    assert found(hooked, numbers()).repeatable


def test_reentrant_checkpoints_are_refused_with_the_other_kind() -> None:
    def repeated(net: Net, x: Tensor) -> Tensor:
        return checkpoint(torch.tanh, net.inner(x), use_reentrant=True)[:, :4]

    assert "use_reentrant=False" in refusal(Net(repeated))


WEIGHTS = torch.tensor([0.2, 1.0, 5.0])


def token_mean(outputs: Tensor, targets: Tensor) -> Tensor:
    """The mean over the positions that count, of all examples together."""
    return F.cross_entropy(outputs, targets, ignore_index=2)


def contrastive(outputs: Tensor, targets: Tensor) -> Tensor:
    """Every example against every other."""
    return F.cross_entropy(outputs @ outputs.T, torch.arange(len(outputs)))


@pytest.mark.parametrize(
    ("loss", "reduction"),
    [
        (F.cross_entropy, "mean"),
        (nn.CrossEntropyLoss(label_smoothing=0.1), "mean"),
        (nn.CrossEntropyLoss(reduction="sum"), "sum"),
        (nn.CrossEntropyLoss(weight=WEIGHTS), "neither"),
        (token_mean, "neither"),
        (contrastive, "neither"),
    ],
)
def test_how_a_loss_is_made_of_those_of_its_parts(loss: Callable[[Any, Any], Tensor], reduction: str) -> None:
    assert found(Net(outputs=3), classes(), loss).reduction == reduction


def test_a_broadcast_loss_is_no_mean() -> None:
    x, _ = to_train_on(numbers())
    dataset = Dataset(x, x[:, 0].sin(), None, None, None, "drawn")
    assert found(Net(outputs=1), dataset).reduction == "neither"


def test_a_model_that_mixes_examples_or_computes_such_a_loss_is_no_mean_and_batch_norm_may_be_divided() -> None:
    def centred(_: Net, x: Tensor) -> Tensor:
        return x - x.mean(0)

    assert found(Net(centred), numbers()).reduction == "neither"
    untracked = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8, track_running_stats=False), nn.Linear(8, 2))
    assert found(untracked, numbers()).reduction == "mean"

    class OwnLoss(Net):
        def __init__(self, weighted: bool) -> None:
            super().__init__(outputs=3)
            self.weight = WEIGHTS if weighted else None

        def forward(self, x: Tensor, y: Tensor) -> Tensor:  # type: ignore[override]
            return F.cross_entropy(super().forward(x), y, weight=self.weight)

    assert found(OwnLoss(False), classes(), None).reduction == "mean"
    assert found(OwnLoss(True), classes(), None).reduction == "neither"


def test_data_and_weights_come_from_different_streams_and_follow_the_seed(tmp_path: Path) -> None:
    """A teacher of the student's own shape is another network."""
    code = "def model(): return torch.nn.Linear(3, 1)\n"
    teacher = "def data():\n    t = model()\n    x = torch.randn(8, 3)\n    return x, t(x).detach()"
    spec = Own(tmp_path)(code + teacher)
    file = spec.rpartition(":")[0]
    problems = [build(f"{file}:model", f"{file}:data", "mse", seed=seed) for seed in (0, 0, 1)]
    weights = [problem.model.get_parameter("weight").detach() for problem in problems]
    torch.manual_seed(0)
    assert torch.equal(weights[0], nn.Linear(3, 1).weight.detach())
    (x, y), (again, _), (other, _) = (to_train_on(problem.dataset) for problem in problems)
    assert not torch.allclose(problems[0].model(x).detach(), y)
    assert torch.equal(x, again)
    assert not torch.equal(x, other)
